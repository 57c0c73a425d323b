"""LayerNorm with exact sums, in int64 torch operations."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.golden.arithmetic.layer_norm import RowNorm
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.node import Node
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.integer.layers import IntegerLayer
from t2c.integer.requantise import TorchMulQuant, round_shift
from t2c.quantisation_parameters import QuantisationParameters


def floor_root(v: Tensor) -> Tensor:
    """Return floor(sqrt(v)) for int64 v in 0..2^50: a correctly rounded float64 never reaches the next."""
    return v.double().sqrt().to(torch.int64)


def half_length(v: Tensor) -> Tensor:
    """Return h = ceil(b / 2) for the bit length b of int64 v >= 1."""
    length = torch.zeros_like(v)
    for step in (32, 16, 8, 4, 2, 1):
        higher = v >> step > 0
        length = torch.where(higher, length + step, length)
        v = torch.where(higher, v >> step, v)
    return (length + 2) // 2


class IntegerLayerNorm(IntegerLayer):
    """t = round_p((N x - S) r), then MulQuant per channel, over axis 1 (docs/arithmetic.md 8.1).

    norm: E, KB and TF; path_error: steps by which t may move an output against the real LayerNorm.
    """

    def __init__(
        self, norm: RowNorm, requantise: TorchMulQuant, reading: QuantisationParameters, path_error: float
    ) -> None:
        super().__init__()
        self.norm, self.requantise, self.reading, self.path_error = norm, requantise, reading, path_error

    def forward(self, x: Tensor) -> Tensor:
        norm, length = self.norm, x.shape[1]
        total = x.sum(1, keepdim=True)
        v = length * (x * x).sum(1, keepdim=True) - total * total + norm.epsilon
        half = half_length(v)
        up, down = (norm.root_bits - half).clamp(min=0), (half - norm.root_bits).clamp(min=0)
        r = (1 << 2 * norm.root_bits) // floor_root(v << 2 * up >> 2 * down)
        shift = norm.root_bits + half - norm.fraction_bits
        t = round_shift((length * x - total) * r, shift, Rounding.HALF_UP)
        y: Tensor = self.requantise(t)
        return y

    def node(self, name: str, inputs: tuple[str, ...]) -> Node:
        return LayerNorm(name=name, inputs=inputs, output=name, norm=self.norm, mulquant=self.requantise.reference())
