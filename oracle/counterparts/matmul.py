"""matmul in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart_of_sums
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.matmul import Matmul


@counterpart_of_sums("matmul")
def matmul(node: Matmul, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 4.3 for every pair of matrices."""
    zps = (inputs[0].zero_point, inputs[1].zero_point)

    def pairs(a: Tensor, b: Tensor, axes: int) -> Tensor:
        if axes:
            return [pairs(left, right, axes - 1) for left, right in zip(a, b, strict=True)]
        return plain.matmul(a, b, zps=zps)

    return pairs(values[0], values[1], len(inputs[0].shape) - 1)
