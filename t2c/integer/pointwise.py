"""Tables and sums with constants, in int64 torch operations."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.nodes.add_constant import AddConstant
from t2c.golden.nodes.pointwise import Pointwise
from t2c.integer.layers import IntegerLayer
from t2c.integer.requantise import TorchAddQuant
from t2c.quantisation_parameters import QuantisationParameters


class IntegerPointwise(IntegerLayer):
    """TABLE[x mod 2^X_W] (docs/arithmetic.md 7.2). path_error: steps by which the table is another function."""

    entries: Tensor

    def __init__(
        self, table: PointwiseTable, x: QuantisationParameters, reading: QuantisationParameters, path_error: float
    ) -> None:
        super().__init__()
        self.table, self.x, self.reading, self.path_error = table, x, reading, path_error
        self.register_buffer("entries", torch.from_numpy(table.entries.copy()))

    def forward(self, x: Tensor) -> Tensor:
        return self.entries[x & ((1 << self.x.bits) - 1)]

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Pointwise(name=name, inputs=inputs, output=name, pointwise=self.table)


class IntegerAddConstant(IntegerLayer):
    """Sum of a tensor and a constant without zero point (docs/arithmetic.md 4.6).

    constant: int64, without the batch, in `form`; zero_point: of the tensor.
    """

    constant: Tensor

    def __init__(
        self,
        constant: Tensor,
        form: IntFormat,
        zero_point: int,
        requantise: TorchAddQuant,
        reading: QuantisationParameters,
    ) -> None:
        super().__init__()
        self.register_buffer("constant", constant)
        self.form, self.zero_point, self.requantise, self.reading = form, zero_point, requantise, reading

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.requantise(x - self.zero_point, self.constant[None])
        return y

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        operand = ConstantOperand(values=self.constant.numpy(), format=self.form)
        return AddConstant(
            name=name, inputs=inputs, output=name, constant=operand, addquant=self.requantise.reference()
        )
