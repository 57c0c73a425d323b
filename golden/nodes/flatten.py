"""The node flatten."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.arithmetic.linear import flatten
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import PassingNode, check_rank
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class Flatten(PassingNode):
    """(C, H, W) to C H W, C slowest, docs/arithmetic.md 5."""

    op: ClassVar[str] = "flatten"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (5, 2)
    moves_data: ClassVar[bool] = False

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_rank(inputs[0], 3)
        return (math.prod(inputs[0].shape),)

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return flatten(values[0])
