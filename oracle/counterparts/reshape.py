"""reshape in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.reshape import Reshape


@counterpart("reshape")
def reshape(node: Reshape, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5: the elements in their order."""
    return [plain.folded(plain.flat(sample), list(node.shape)) for sample in values[0]]
