"""Views and constant tokens in int64 torch operations (docs/arithmetic.md 5)."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from t2c.integer.layers import IntegerLayer
from t2c.quantisation_parameters import QuantisationParameters


class IntegerSlice(IntegerLayer):
    """start .. start + length - 1 along an axis, the batch not counted."""

    def __init__(self, axis: int, start: int, length: int, reading: QuantisationParameters) -> None:
        super().__init__()
        self.axis, self.start, self.length, self.reading = axis, start, length, reading

    def forward(self, x: Tensor) -> Tensor:
        return x.narrow(self.axis + 1, self.start, self.length)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Slice(name=name, inputs=inputs, output=name, axis=self.axis, start=self.start, length=self.length)


class IntegerReshape(IntegerLayer):
    """Another shape of each sample."""

    def __init__(self, shape: tuple[int, ...], reading: QuantisationParameters) -> None:
        super().__init__()
        self.shape, self.reading = shape, reading

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], *self.shape)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Reshape(name=name, inputs=inputs, output=name, shape=self.shape)


class IntegerTranspose(IntegerLayer):
    """The axes of each sample in another order."""

    def __init__(self, axes: tuple[int, ...], reading: QuantisationParameters) -> None:
        super().__init__()
        self.axes, self.reading = axes, reading

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, *(axis + 1 for axis in self.axes))

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Transpose(name=name, inputs=inputs, output=name, axes=self.axes)


class IntegerConcatConstant(IntegerLayer):
    """A tensor and a constant of its format; constant: int64, without the batch."""

    constant: Tensor

    def __init__(self, constant: Tensor, axis: int, first: bool, reading: QuantisationParameters) -> None:
        super().__init__()
        self.register_buffer("constant", constant)
        self.axis, self.first, self.reading = axis, first, reading

    def forward(self, x: Tensor) -> Tensor:
        constant = self.constant.expand(x.shape[0], *self.constant.shape)
        return torch.cat([constant, x] if self.first else [x, constant], self.axis + 1)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        operand = ConstantOperand(values=self.constant.numpy(), format=self.reading.format)
        return ConcatConstant(name=name, inputs=inputs, output=name, axis=self.axis, first=self.first, constant=operand)
