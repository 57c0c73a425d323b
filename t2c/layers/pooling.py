"""Pooling and flatten: average pooling requantises, the others only move values."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from t2c.golden.arithmetic.window import Pair
from t2c.integer.layers import IntegerAveragePool2d, IntegerFlatten, IntegerLayer, IntegerMaxPool2d
from t2c.layers.base import QLayer, RequantisingLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe


class QAveragePool2d(RequantisingLayer):
    """y = Q_y(relu(mean over the window)); padded elements count in the divisor (docs/arithmetic.md 4.5)."""

    def __init__(
        self, kernel: Pair, stride: Pair, padding: Pair, output_quantiser: _QBase, *, ceiling: float | None = None
    ) -> None:
        super().__init__(output_quantiser, ceiling)
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return self.finish(F.avg_pool2d(x, self.kernel, self.stride, self.padding))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        x, y = inputs[0], self.output_quantiser.reading
        scale = np.array([x.scale / (y.scale * self.kernel[0] * self.kernel[1])])
        reach = float(self.kernel[0] * self.kernel[1] * x.reach)
        constants = recipe.mulquant(scale, np.zeros(1), y, self.ceiling, reach)
        return IntegerAveragePool2d(self.kernel, self.stride, self.padding, x.zero_point, constants, y)


class QMaxPool2d(QLayer):
    """Max pooling; on a monotone grid it commutes with quantisation, so it needs no quantiser."""

    def __init__(self, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding, self.dilation = kernel, stride, padding, dilation

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, self.kernel, self.stride, self.padding, self.dilation)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        return IntegerMaxPool2d(self.kernel, self.stride, self.padding, self.dilation, inputs[0])


class QFlatten(QLayer):
    """(N, C, H, W) to (N, C H W)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        return IntegerFlatten(inputs[0])
