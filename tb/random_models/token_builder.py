"""What a random transformer adds to a random network: rows, tables, products of two activations, views, constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.layer_norm import EPSILON, RowNorm
from t2c.golden.arithmetic.lut import FUNCTIONS, exp_table, pointwise_table
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import EXPONENT_BITS, MAX_RECIPROCAL_BITS, OUTPUT_BITS, SoftmaxTable, softmax
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, MIN_OPERAND_BITS
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.pointwise import Pointwise
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.softmax import Softmax
from t2c.golden.nodes.transpose import Transpose
from t2c.tb.random_models.builder import ANY, UNDECIDED, RandomBuilder
from t2c.tb.random_models.calibrate import addquant_for

POINT = Window(kernel=(1, 1))
_TRIES = 8
"""Tables of softmax before one is taken under which hardly anything differs, as with a single token nothing can."""


class TokenBuilder(RandomBuilder):
    """Grows a graph on tokens, maps (C, T, 1). Each method adds one node and returns the name of its output edge."""

    def dense(self, source: str, out: int, reading: Mapping[str, Any] = ANY) -> str:
        """A linear layer on every token. reading: what of the output's format is not left to chance."""
        return self.conv2d(source, out, POINT, reading=reading)

    def layer_norm(self, source: str, norm: Mapping[str, Any] = ANY) -> str:
        """LayerNorm over the channels. norm: constants of `RowNorm` that are not left to chance.

        Epsilon has any bit length for which a typical row still differs from a row of zeros.
        """
        rows = self._values[source]
        variance = int(np.median(rows.shape[1] * (rows**2).sum(axis=1) - rows.sum(axis=1) ** 2))
        longest = min(variance.bit_length() + 2 * RowNorm.fraction_bits - 8, EPSILON[1].bit_length())
        constants = RowNorm(**{"epsilon": 1 << int(self.rng.integers(longest)), **norm})
        return self._accumulating(LayerNorm(**self._names("layer_norm", source), norm=constants, mulquant=UNDECIDED))

    def matmul(self, left: str, right: str) -> str:
        return self._accumulating(Matmul(**self._names("matmul", left, right), mulquant=UNDECIDED))

    def softmax(self, source: str, roundings: tuple[Rounding, ...] = tuple(Rounding)) -> str:
        """Softmax along the last axis: a short or a long table, falling as exponentials do or in any way."""
        for _ in range(_TRIES):
            table = self._softmax_table(source, roundings[int(self.rng.integers(len(roundings)))])
            if len(np.unique(softmax(self._values[source], table))) > 2:
                break
        names, bits = self._names("softmax", source), table.output_bits
        reading = {"bits": bits, "signed": False, "zero_point": 0, "scale": 2.0**-bits}
        self._edge(names["output"], self.shape(source), reading)
        return self._run(Softmax(**names, softmax=table))

    def _softmax_table(self, source: str, rounding: Rounding) -> SoftmaxTable:
        rng, bits = self.rng, self._edges[source].bits
        exponent = int(rng.integers(EXPONENT_BITS[0], EXPONENT_BITS[1] + 1))
        result = int(rng.integers(OUTPUT_BITS[0], OUTPUT_BITS[1] + 1))
        return SoftmaxTable(
            exp=self._exponentials(source, 1 << int(rng.integers(1, bits + 1)), exponent),
            exponent_bits=exponent,
            output_bits=result,
            reciprocal_bits=int(rng.integers(exponent + result, MAX_RECIPROCAL_BITS + 1)),
            rounding=rounding,
        )

    def _exponentials(self, source: str, depth: int, exponent_bits: int) -> IntArray:
        """Real exponentials of scores that differ by some of their deviations, or anything that begins above 0."""
        if self.rng.integers(4) == 0:
            return np.append(1, self.rng.integers(0, 1 << exponent_bits, depth))[:depth]
        step = self.rng.uniform(0.5, 3.0) / (float(self._values[source].std()) or 1.0)
        return exp_table(scale=step, depth=depth, exponent_bits=exponent_bits)

    def pointwise(self, source: str) -> str:
        """A function of every element: one that networks use, on a range where it bends, or any table."""
        rng, x, names = self.rng, self._edges[source], self._names("pointwise", source)
        if rng.integers(4) == 0:
            y = self._edge(names["output"], x.shape)
            entries = rng.integers(y.format.lo, y.format.hi, 1 << x.bits, endpoint=True)
            return self._run(Pointwise(**names, pointwise=PointwiseTable(entries=entries, output=y.format)))
        function = FUNCTIONS[str(rng.choice(sorted(FUNCTIONS)))]
        x_scale = rng.uniform(2.0, 8.0) / x.magnitude
        reals = [function(x_scale * (value - x.zero_point)) for value in range(x.format.lo, x.format.hi + 1)]
        drawn = self._edge(names["output"], x.shape)
        fmt = drawn.format
        y_scale = (max(reals) - min(reals)) / (fmt.hi - fmt.lo) * rng.uniform(0.6, 1.2)
        zero_point = int(np.clip(round(fmt.lo - min(reals) / y_scale), fmt.lo, fmt.hi))
        self._edges[names["output"]] = replace(drawn, zero_point=zero_point)
        table = pointwise_table(
            function,
            x=x.format,
            x_scale=x_scale,
            x_zero_point=x.zero_point,
            y=fmt,
            y_scale=y_scale,
            y_zero_point=zero_point,
        )
        return self._run(Pointwise(**names, pointwise=table))

    def concat_constant(self, source: str, tokens: int, *, first: bool, axis: int = 1) -> str:
        """Constant tokens before or behind the others, read as they are; or constants along another axis."""
        edge = self._edges[source]
        shape = (*edge.shape[:axis], tokens, *edge.shape[axis + 1 :])
        values = self.rng.integers(edge.format.lo, edge.format.hi, shape, endpoint=True)
        constant = ConstantOperand(values=values, format=edge.format)
        names = self._names("concat_constant", source)
        return self._passing(ConcatConstant(**names, axis=axis, first=first, constant=constant))

    def add_constant(self, source: str) -> str:
        """A constant of the tensor's shape, in any format of at most 8 bits."""
        bits, signed = int(self.rng.integers(MIN_OPERAND_BITS, MAX_OPERAND_BITS + 1)), bool(self.rng.integers(2))
        fmt = IntFormat(bits=bits, signed=signed)
        values = self.rng.integers(fmt.lo, fmt.hi, self.shape(source), endpoint=True)
        names = self._names("add_constant", source)
        edge = self._edge(names["output"], self.shape(source))
        a = self._values[source] - self._edges[source].zero_point
        addquant = addquant_for(self.rng, a, np.broadcast_to(values, a.shape), edge)
        constant = ConstantOperand(values=values, format=fmt)
        return self._run(AddConstant(**names, constant=constant, addquant=addquant))

    def reshape(self, source: str, *shape: int) -> str:
        return self._passing(Reshape(**self._names("reshape", source), shape=shape))

    def transpose(self, source: str, *axes: int) -> str:
        return self._passing(Transpose(**self._names("transpose", source), axes=axes))

    def slice(self, source: str, axis: int, start: int, length: int) -> str:
        return self._passing(Slice(**self._names("slice", source), axis=axis, start=start, length=length))
