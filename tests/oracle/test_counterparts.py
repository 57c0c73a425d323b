"""Every kind of node has a counterpart in plain Python, and golden equals it on every node of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import counterpart
from oracle.counterpart import COUNTERPARTS, SUMS, accumulators, compute
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.kinds import node_kinds
from tests.attention_net import attention_package
from tests.core_net import core_package
from tests.every_op import every_op_package
from tests.table_net import table_package
from tests.threshold_net import threshold_package

PACKAGES = (every_op_package(7), table_package(7), attention_package(7), core_package(7), threshold_package(7))


def test_no_kind_of_node_is_left_out() -> None:
    ours = {kind.op for kind in node_kinds()}
    assert ours == {*COUNTERPARTS.names(), *SUMS.names()}
    assert ours == {node.op for package in PACKAGES for node in package.graph.nodes}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.graph.name)
def test_golden_equals_the_counterpart(package: Any) -> None:
    graph: Graph = package.graph
    for node, arguments, output in graph.steps(package.samples):
        inputs = graph.inputs_of(node)
        assert np.array_equal(output, compute(node, arguments, inputs)), node.name
        sums = accumulators(node, arguments, inputs)
        assert (sums is None) == (node.accumulator_bits(inputs) is None)
        if sums is not None:
            assert np.array_equal(node.accumulate(arguments, inputs), sums), node.name


def test_a_kind_without_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counterpart, "COUNTERPARTS", type(COUNTERPARTS)("counterpart of", "oracle.counterparts"))
    package = table_package()
    node = package.graph.node("gelu")
    with pytest.raises(
        LookupError, match="node 'gelu': pointwise has no counterpart; there are those of average_pool2d"
    ):
        compute(node, [package.samples], package.graph.inputs_of(node))
