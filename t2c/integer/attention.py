"""Products of two activations, and softmax, in integers."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.node import Node
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.softmax import Softmax
from t2c.integer.layers import EXACT_FLOAT32, IntegerLayer, sums_of_products
from t2c.integer.requantise import TorchMulQuant, round_shift
from t2c.quantisation_parameters import QuantisationParameters


class IntegerMatmul(IntegerLayer):
    """acc = (a - zp_a)(b - zp_b), then MulQuant (docs/arithmetic.md 4.3). operands: how the two are read."""

    def __init__(
        self,
        operands: tuple[QuantisationParameters, QuantisationParameters],
        requantise: TorchMulQuant,
        reading: QuantisationParameters,
    ) -> None:
        super().__init__()
        self.operands, self.requantise, self.reading = operands, requantise, reading

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        one, two = self.operands
        exact = a.shape[-1] * one.reach * two.reach < EXACT_FLOAT32
        dtype = torch.float32 if exact and torch.get_float32_matmul_precision() == "highest" else torch.float64
        with sums_of_products(a.device):
            acc = (a - one.zero_point).to(dtype) @ (b - two.zero_point).to(dtype)
        y: Tensor = self.requantise(acc.to(torch.int64))
        return y

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Matmul(name=name, inputs=inputs, output=name, mulquant=self.requantise.reference())


class IntegerSoftmax(IntegerLayer):
    """min(round(e floor(2^R / sum e) / 2^(R-P)), 2^P - 1), e = EXP[max - x] (docs/arithmetic.md 7.1).

    table: the constants; path_error: steps by which it may differ from the real softmax.
    """

    exp: Tensor

    def __init__(self, table: SoftmaxTable, reading: QuantisationParameters, path_error: float) -> None:
        super().__init__()
        self.table, self.reading, self.path_error = table, reading, path_error
        self.register_buffer("exp", torch.from_numpy(table.exp.copy()))

    def forward(self, x: Tensor) -> Tensor:
        table = self.table
        below = x.amax(-1, keepdim=True) - x
        e = torch.where(below < table.depth, self.exp[below.clamp(max=table.depth - 1)], 0)
        product = e * ((1 << table.reciprocal_bits) // e.sum(-1, keepdim=True))
        shift = torch.tensor(table.reciprocal_bits - table.output_bits)
        return round_shift(product, shift, table.rounding).clamp(max=(1 << table.output_bits) - 1)

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return Softmax(name=name, inputs=inputs, output=name, softmax=self.table)
