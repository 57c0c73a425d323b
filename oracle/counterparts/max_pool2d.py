"""max_pool2d in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.counterpart import counterpart, pooled
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.max_pool2d import MaxPool2d


@counterpart("max_pool2d")
def max_pool2d(node: MaxPool2d, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5: padding never wins."""

    def largest(elements: list[int | None]) -> int:
        return sorted(element for element in elements if element is not None)[-1]

    return pooled(values[0], node, node.output_shape(inputs), largest)
