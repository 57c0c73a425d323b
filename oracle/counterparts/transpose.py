"""transpose in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.transpose import Transpose


@counterpart("transpose")
def transpose(node: Transpose, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5, sample by sample."""
    return [plain.transpose(sample, list(node.axes)) for sample in values[0]]
