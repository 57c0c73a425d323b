"""multi_threshold in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.counterpart import counterpart, elementwise
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.multi_threshold import MultiThreshold


@counterpart("multi_threshold")
def multi_threshold(node: MultiThreshold, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 7.4: every element is compared with every threshold of its channel."""
    table, base = node.multi_threshold.thresholds.tolist(), node.multi_threshold.base

    def one(channel: Tensor, thresholds: list[int]) -> Tensor:
        return elementwise(lambda x: base + sum(1 for threshold in thresholds if x >= threshold), channel)

    return [[one(channel, table[index % len(table)]) for index, channel in enumerate(sample)] for sample in values[0]]
