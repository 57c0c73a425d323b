"""Functions of every element, by a table of the layer's own scales."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.functions import TABULATIONS, Tables, results
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.integer.layers import IntegerLayer
from t2c.integer.pointwise import IntegerPointwise
from t2c.layers.base import RequantisingLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.quantisers.rounding import round_real
from t2c.recipe import Recipe


class QPointwise(RequantisingLayer):
    """y = Q_y(f(x)) (docs/arithmetic.md 7.2).

    Args:
        function: a name in `t2c.functions.TABULATIONS`; training computes it.
        title: the layer's name, by which `tables` may have a function of its own for the table.
        tables: what tables are made of.
        output_quantiser: one scale for the tensor.
    """

    def __init__(self, function: str, title: str, tables: Tables, output_quantiser: _QBase) -> None:
        super().__init__(output_quantiser, None)
        self.function, self.title, self.tables = function, title, tables

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(TABULATIONS[self.function].forward(x))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        x, y = inputs[0], self.output_quantiser.reading
        held = self.tables.scalar(self.title, self.function)
        real = TABULATIONS[self.function].scalar
        wanted = self._steps(results(real, x.format, x.scale, x.zero_point), y)
        steps = self._steps(results(held, x.format, x.scale, x.zero_point), y)
        entries = (round_real(steps, recipe.rounding) + y.zero_point).to(torch.int64)
        patterns = torch.arange(1 << x.bits)
        values = torch.where(patterns > x.format.hi, patterns - (1 << x.bits), patterns)
        off = float((steps - wanted).abs().max())
        return IntegerPointwise(
            PointwiseTable(entries=entries[values - x.format.lo].numpy(), output=y.format), x, y, off
        )

    @staticmethod
    def _steps(real: Tensor, y: QuantisationParameters) -> Tensor:
        """Real numbers in steps of the output, clipped to its format: what lies beyond cannot be rounded."""
        fmt: IntFormat = y.format
        return (real / y.scale).clamp(fmt.lo - y.zero_point, fmt.hi - y.zero_point)
