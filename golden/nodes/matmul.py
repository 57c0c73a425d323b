"""The node matmul."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntArray, IntTensor
from t2c.golden.arithmetic.linear import matmul, matmul_narrow
from t2c.golden.errors import ShapeError
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import AccumulatingNode
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Matmul(AccumulatingNode):
    """Batched matmul of two activations, docs/arithmetic.md 4.3: (..., M, K) x (..., K, O)."""

    op: ClassVar[str] = "matmul"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (4, 3)
    arity: ClassVar[int] = 2
    channel_axis: ClassVar[int] = -1

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        a, b = inputs[0].shape, inputs[1].shape
        if len(a) < 2 or len(a) != len(b) or a[:-2] != b[:-2] or a[-1] != b[-2]:
            raise ShapeError(f"matmul: shapes {a} and {b} do not multiply")
        return (*a[:-1], b[-1])

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return inputs[0].shape[-1] * inputs[0].magnitude * inputs[1].magnitude

    def macs(self, inputs: Sequence[TensorSpec]) -> int:
        return math.prod(self.output_shape(inputs)) * inputs[0].shape[-1]

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return matmul(values[0], values[1], zero_point_a=inputs[0].zero_point, zero_point_b=inputs[1].zero_point)

    def sums(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return matmul_narrow(values[0], values[1], zero_point_a=inputs[0].zero_point, zero_point_b=inputs[1].zero_point)
