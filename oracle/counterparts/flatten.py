"""flatten in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.flatten import Flatten


@counterpart("flatten")
def flatten(node: Flatten, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 5: channel, row, column."""
    return [[element for plane in image for row in plane for element in row] for image in values[0]]
