"""What attention is made of: products of two activations, and softmax by table."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from t2c.functions import Tables
from t2c.golden.arithmetic.lut import softmax_error_bound
from t2c.golden.arithmetic.softmax import SoftmaxTable, safe_reciprocal_bits
from t2c.golden.errors import RangeError
from t2c.integer.attention import IntegerMatmul, IntegerSoftmax
from t2c.integer.layers import IntegerLayer
from t2c.layers.base import RequantisingLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe


class QMatmul(RequantisingLayer):
    """y = Q_y(relu(factor a b)) for two activations (docs/arithmetic.md 4.3); (N, ..., M, K) and (N, ..., K, O)."""

    def __init__(self, factor: float, output_quantiser: _QBase, *, ceiling: float | None = None) -> None:
        super().__init__(output_quantiser, ceiling)
        self.factor = factor

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        self.length = a.shape[-1]
        return self.finish(a @ b * self.factor)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        a, b = inputs
        y = self.output_quantiser.reading
        scale = np.array([self.factor * a.scale * b.scale / y.scale])
        reach = float(self.length * a.reach * b.reach)
        constants = recipe.mulquant(scale, np.zeros(1), y, self.ceiling, reach)
        return IntegerMatmul((a, b), constants, y)


class QSoftmax(RequantisingLayer):
    """softmax(factor x) along the last axis (docs/arithmetic.md 7.1).

    Args:
        factor: of the input, above 0.
        length: elements of a row.
        tables: what the table of exponentials is made of.
        output_quantiser: of steps 2^-bits.

    Training computes the real softmax on that grid. The table is made of the step of the scores, factor included.
    """

    def __init__(self, factor: float, length: int, tables: Tables, output_quantiser: _QBase) -> None:
        super().__init__(output_quantiser, None)
        self.factor, self.length, self.tables = factor, length, tables

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(torch.softmax(x * self.factor, -1))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        x, y, bits = inputs[0], self.output_quantiser.reading, self.tables.exponent_bits
        scale = self.factor * x.scale
        table = SoftmaxTable(
            exp=self.tables.exponential(scale=scale, depth=1 << x.bits, exponent_bits=bits),
            exponent_bits=bits,
            output_bits=y.bits,
            reciprocal_bits=safe_reciprocal_bits(bits, y.bits),
            rounding=recipe.rounding,
        )
        if table.depth > 1 << x.bits:
            raise RangeError(f"softmax: a table of {table.depth} entries for scores of {x.bits} bits")
        return IntegerSoftmax(table, y, self._off(table, scale, x.bits))

    def _off(self, table: SoftmaxTable, scale: float, bits: int) -> float:
        """Steps by which the table's softmax may differ from the real one, whoever made the table."""
        bound = softmax_error_bound(table, scale=scale, input_bits=bits, length=self.length)
        top = (1 << table.exponent_bits) - 1
        real = top * np.exp(-scale * np.arange(1 << bits))
        held = np.zeros(1 << bits)
        held[: table.depth] = table.exp
        off = float(np.abs(held - real).max())
        if off <= 0.5:
            return bound
        return min(2.0**table.output_bits, bound + math.ldexp(off * self.length / top, table.output_bits))
