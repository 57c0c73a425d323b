"""The node channel_gain: what golden, the package, the ROM images and every report need to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from channel_gain.arithmetic import channel_gain
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import ShapeError
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import WeightedNode, check_rank
from t2c.golden.graph.tensor_spec import TensorSpec


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class ChannelGain(WeightedNode):
    """weight: (C,), one gain a channel."""

    op: ClassVar[str] = "channel_gain"
    weight_axes: ClassVar[str] = "O"

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_rank(inputs[0], 3)
        if inputs[0].shape[0] != self.out_channels:
            raise ShapeError(f"weight: {self.out_channels} gains for {inputs[0].shape[0]} channels")
        return inputs[0].shape

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return channel_gain(values[0], self.weight, zero_point=inputs[0].zero_point)
