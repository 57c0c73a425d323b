"""QAdd: residual add with its own output scale."""

from __future__ import annotations

from torch import Tensor

from t2c.integer.layers import IntegerAdd, IntegerLayer
from t2c.layers.base import RequantisingLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe


class QAdd(RequantisingLayer):
    """y = Q_y(relu(a + b)); ceiling: upper clip of the fused ReLU, None without ReLU (docs/arithmetic.md 4.4)."""

    def __init__(self, output_quantiser: _QBase, *, ceiling: float | None = None) -> None:
        super().__init__(output_quantiser, ceiling)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.finish(a + b)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        a, b = inputs
        y = self.output_quantiser.reading
        return IntegerAdd((a.zero_point, b.zero_point), recipe.addquant(a, b, y, self.ceiling), y)
