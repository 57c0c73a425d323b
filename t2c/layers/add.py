"""Sums with their own output scale: of two activations, and of one and a constant."""

from __future__ import annotations

from torch import Tensor, nn

from t2c.integer.layers import IntegerAdd, IntegerLayer
from t2c.integer.pointwise import IntegerAddConstant
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


class QAddConstant(RequantisingLayer):
    """y = Q_y(relu(x + Q_c(c))) with a constant of the tensor's shape (docs/arithmetic.md 4.6).

    Args:
        constant: real, without the batch; trained.
        constant_quantiser: signed, zero point 0.
        output_quantiser, ceiling: as `QAdd`.
    """

    def __init__(
        self,
        constant: Tensor,
        constant_quantiser: _QBase,
        output_quantiser: _QBase,
        *,
        ceiling: float | None = None,
    ) -> None:
        super().__init__(output_quantiser, ceiling)
        self.constant = nn.Parameter(constant)
        self.constant_quantiser = constant_quantiser

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(x + self.constant_quantiser(self.constant[None]))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        x, y, c = inputs[0], self.output_quantiser.reading, self.constant_quantiser.reading
        integers = self.constant_quantiser.integers(self.constant.detach())
        return IntegerAddConstant(integers, c.format, x.zero_point, recipe.addquant(x, c, y, self.ceiling), y)
