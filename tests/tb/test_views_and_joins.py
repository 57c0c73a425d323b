"""Networks with views, joins, constant operands and staircases on the RTL, every tensor compared: a build an array."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.mapping.rewriting import on_the_core
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.threshold_net import threshold_package
from tests.view_nets import embedding_package, joins_package, views_package

pytestmark = pytest.mark.slow

PACKAGES = (views_package(), embedding_package(), *(joins_package(axis) for axis in range(3)), threshold_package())


@pytest.mark.parametrize(
    ("package", "size", "simulator"),
    crossed(PACKAGES, [(4, 4), (8, 8), (8, 4)], SIMULATORS, every=12),
    ids=lambda value: value.name if isinstance(value, Package) else str(value),
)
def test_on_the_rtl(package: Package, size: tuple[int, int], simulator: str, sim_output: Path) -> None:
    core = Hardware(rows=size[0], cols=size[1], act_depth=1 << 10, wgt_depth=1 << 12, par_depth=1 << 8)
    request = RunRequest(layer="all", images=2, stall="p50")
    result = cosimulate(package, package.name, request, core, find_simulator(simulator), sim_output)
    assert result.passed, result.reasons
    compared = {layer["layer"]: layer["compared"] for layer in result.figures["layers"]}
    graph = on_the_core(package.graph)
    for node in graph.nodes:
        if node.moves_data and not node.op.startswith("concat"):
            assert compared[node.name] == 2 * math.prod(graph.edges[node.output].shape), node.name
