"""Files that others quantised, on the RTL: every tensor compared, constants of full width, a build each simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnxruntime.quantization import QuantFormat

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL, compile_program
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.importing.judged import imported, random_images
from tests.importing.onnx_nets import imported as imported_onnx
from tests.importing.test_onnx_static import quantised
from tests.importing.tflite_small import small_files

pytestmark = pytest.mark.slow

CORE = Hardware(rows=2, cols=2, acc_w=29, scale_w=32, bias_w=60, act_depth=1 << 11, wgt_depth=1 << 11)


def rounds_twice(graph: Graph) -> bool:
    """Whether a layer needs the mode double: a shift above 31."""
    stages = [node.stage for node in graph.nodes if node.stage and node.stage.rounding is Rounding.DOUBLE]
    return any((np.asarray(stage.shift) > FIRST_SHIFT).any() for stage in stages)


def fits(graph: Graph) -> bool:
    """Whether this core runs it: some files are for golden alone."""
    try:
        return bool(compile_program(graph, ALL, CORE).steps)
    except UnsupportedError:
        return False


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Package]:
    networks = [imported(data) for data in small_files()]
    model = quantised(tmp_path_factory.mktemp("static"), QuantFormat.QOperator, signed=False)
    networks.append(imported_onnx(model, tmp_path_factory.mktemp("onnx")).network)
    networks = [network for network in networks if fits(network.graph)]
    assert len(networks) >= 5
    assert any(rounds_twice(network.graph) for network in networks)
    return [
        Package(graph=network.graph, samples=random_images(network, 2, 3), labels=np.zeros(2, dtype=np.int64))
        for network in networks
    ]


@pytest.mark.sample(2)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_every_tensor(packages: list[Package], simulator: str, sim_output: Path) -> None:
    for index, package in enumerate(packages):
        request = RunRequest(layer="all", images=2, stall="p50")
        result = cosimulate(package, f"import{index}", request, CORE, find_simulator(simulator), sim_output)
        assert result.passed, (index, result.reasons)
