"""concat_constant in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.concat_constant import ConcatConstant


@counterpart("concat_constant")
def concat_constant(node: ConcatConstant, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5, sample by sample: the constant before or after."""
    constant = node.constant.values.tolist()

    def join(ours: Tensor, theirs: Tensor) -> Tensor:
        return theirs + ours if node.first else ours + theirs

    return [plain.along(node.axis, join, sample, constant) for sample in values[0]]
