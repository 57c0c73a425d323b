"""What moves values of the chip's tensors: slices, reshapes, transposes, and constant tokens joined on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from t2c.integer.layers import IntegerLayer
from t2c.integer.views import IntegerConcatConstant, IntegerReshape, IntegerSlice, IntegerTranspose
from t2c.layers.base import QLayer
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.recipe import Recipe


class QSlice(QLayer):
    """start .. start + length - 1 along an axis, the batch not counted."""

    def __init__(self, axis: int, start: int, length: int) -> None:
        super().__init__()
        self.axis, self.start, self.length = axis, start, length

    def forward(self, x: Tensor) -> Tensor:
        return x.narrow(self.axis + 1, self.start, self.length)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        return IntegerSlice(self.axis, self.start, self.length, inputs[0])


class QReshape(QLayer):
    """Another shape of each sample."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        return IntegerReshape(self.shape, inputs[0])


class QTranspose(QLayer):
    """The axes of each sample in another order."""

    def __init__(self, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, *(axis + 1 for axis in self.axes))

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        return IntegerTranspose(self.axes, inputs[0])


class QConcatConstant(QLayer):
    """A tensor and a constant joined along an axis; both are read alike, so one quantiser sees both.

    Args:
        constant: real, of the tensor's shape but for that axis; trained.
        axis: the batch not counted.
        first: the constant comes first.
        quantiser: of the tensor, in the layer that makes it.
    """

    def __init__(self, constant: Tensor, axis: int, first: bool, quantiser: _QBase) -> None:
        super().__init__()
        self.constant = nn.Parameter(constant)
        self.axis, self.first = axis, first
        self.quantiser = quantiser

    def forward(self, x: Tensor) -> Tensor:
        constant = self.quantiser(self.constant[None]).expand(x.shape[0], *self.constant.shape)
        return torch.cat([constant, x] if self.first else [x, constant], self.axis + 1)

    def to_integer(self, inputs: tuple[QuantisationParameters, ...], recipe: Recipe) -> IntegerLayer:
        integers = self.quantiser.integers(self.constant.detach())
        return IntegerConcatConstant(integers, self.axis, self.first, inputs[0])
