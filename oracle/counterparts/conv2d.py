"""conv2d in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart_of_sums
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d


@counterpart_of_sums("conv2d")
def conv2d(node: Conv2d, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 4.1."""
    return plain.conv2d(
        values[0],
        node.weight.tolist(),
        stride=node.stride,
        padding=node.padding,
        dilation=node.dilation,
        groups=node.groups,
        zero_point=inputs[0].zero_point,
    )
