"""concat on the engine."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.contract.activation_layout import Layout
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.concat import Concatenate
from t2c.mapping.join import JoinPlan, join, parts_of
from t2c.mapping.lower import Site, lowers, places


@lowers("concat")
def lower_concat(node: Concatenate, site: Site) -> JoinPlan:
    """Plan a join of several tensors."""
    return join(node, site, axis=node.axis)


@places("concat")
def place_parts(node: Concatenate, inputs: Sequence[TensorSpec], output: Layout) -> tuple[Layout, ...]:
    """The inputs side by side in the output."""
    return parts_of(output, node.axis, [edge.shape[node.axis] for edge in inputs])
