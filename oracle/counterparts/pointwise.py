"""pointwise in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart, elementwise
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.pointwise import Pointwise


@counterpart("pointwise")
def pointwise(node: Pointwise, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 7.2 of every element."""
    table, bits = node.pointwise.entries.tolist(), inputs[0].bits
    return elementwise(lambda x: plain.pointwise(x, table=table, bits=bits), values[0])
