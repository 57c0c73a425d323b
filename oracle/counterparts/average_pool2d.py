"""average_pool2d in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.counterpart import counterpart_of_sums, pooled
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.average_pool2d import AveragePool2d


@counterpart_of_sums("average_pool2d")
def average_pool2d(node: AveragePool2d, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 4.5; padding counts as the zero point."""
    zero = inputs[0].zero_point

    def total(elements: list[int | None]) -> int:
        return sum(element - zero for element in elements if element is not None)

    return pooled(values[0], node, node.output_shape(inputs), total)
