"""concat in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.concat import Concatenate


@counterpart("concat")
def concat(node: Concatenate, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5: one after the other along the axis."""
    return plain.along(node.axis + 1, lambda *parts: [element for part in parts for element in part], *values)
