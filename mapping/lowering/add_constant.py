"""add_constant on the engine."""

from __future__ import annotations

from t2c.golden.nodes.add_constant import AddConstant
from t2c.mapping.lower import Site, lowers
from t2c.mapping.lowering.add import add_plan
from t2c.mapping.plan import LayerPlan, LoadedOperand


@lowers("add_constant")
def lower_add_constant(node: AddConstant, site: Site) -> LayerPlan:
    """Plan an add whose second operand the host brings, in words that lie as those of the first."""
    operand = LoadedOperand(values=node.constant.values, layout=site.sources[0].beside())
    return add_plan(node, site.with_operand(node, operand, node.constant.format), node.addquant, (operand,))
