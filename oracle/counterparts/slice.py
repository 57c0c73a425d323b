"""slice in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.slice import Slice


@counterpart("slice")
def slice_(node: Slice, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5: what lies before and after goes."""
    kept = range(node.start, node.start + node.length)
    return plain.along(node.axis + 1, lambda part: [part[place] for place in kept], values[0])
