"""concat_constant on the engine."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.contract.activation_layout import Layout
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.mapping.join import JoinPlan, join
from t2c.mapping.lower import Site, lowers, places
from t2c.mapping.views import sliced


@lowers("concat_constant")
def lower_concat_constant(node: ConcatConstant, site: Site) -> JoinPlan:
    """Plan a join of a tensor and a constant, such as a class token."""
    return join(node, site, axis=node.axis, constant=node.constant.values, first=node.first)


@places("concat_constant")
def place_tensor(node: ConcatConstant, inputs: Sequence[TensorSpec], output: Layout) -> tuple[Layout, ...]:
    """The tensor before or behind the constant."""
    start = node.constant.values.shape[node.axis] if node.first else 0
    return (sliced(output, axis=node.axis, start=start, length=inputs[0].shape[node.axis]),)
