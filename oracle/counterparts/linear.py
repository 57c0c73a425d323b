"""linear in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart_of_sums
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.linear import Linear


@counterpart_of_sums("linear")
def linear(node: Linear, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 4.2."""
    return plain.linear(values[0], node.weight.tolist(), zero_point=inputs[0].zero_point)
