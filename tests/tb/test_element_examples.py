"""The packages that ship for other elements, on the array that they say they are for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.api import hardware_for
from t2c.golden.elements.columns import find_element
from t2c.golden.elements.products import grouped_channels
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.mapping.compiler import compile_program
from t2c.mapping.cycles import total_cycles
from t2c.target.element_fit import fit_package
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.campaign import crossed
from tests.conftest import ROOT

OWN = {"digits_truncated": "truncated", "digits_adc": "adc_column"}
"""Packages that only one element computes."""
SPARSE = "digits_2of4"
DEPTHS = {"act_depth": 1 << 10, "wgt_depth": 1 << 12, "par_depth": 1 << 8, "prg_depth": 1 << 12}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "simulator"), crossed([*OWN, SPARSE], SIMULATORS, every=6))
def test_the_whole_network_runs(name: str, simulator: str, examples: Path, sim_output: Path) -> None:
    package = load_package(examples / name)
    hardware = hardware_for(package, **DEPTHS, **({"element": "two_of_four"} if name == SPARSE else {}))
    request = RunRequest(layer="all", images=4)
    result = cosimulate(package, name, request, hardware, find_simulator(simulator), sim_output)
    assert result.passed, result.reasons
    assert result.figures["cycles"] == result.figures["expected_cycles"] > 0


@pytest.mark.parametrize("name", OWN)
def test_the_array_is_that_of_the_package(name: str, examples: Path) -> None:
    package = load_package(examples / name)
    assert hardware_for(package).element == OWN[name]
    with pytest.raises(UnsupportedError, match=f"its products are those of element '{OWN[name]}'"):
        compile_program(package.graph, "all", hardware_for(package, element="mac"))


def test_every_layer_but_the_first_is_sparse(examples: Path) -> None:
    """Of four neighbours two are 0, as the mask of the training said; of the first layer's one channel none need be."""
    package, element = load_package(examples / SPARSE), find_element("two_of_four")
    weighted = {node.name: node.weights.values for node in package.graph.nodes if node.weights is not None}
    assert list(weighted) == ["conv1", "conv2", "conv3", "fc"]
    for name, weight in weighted.items():
        assert element.legal(grouped_channels(weight, 4), 8).all()
        assert name == "conv1" or np.count_nonzero(weight) <= weight.size / 2


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", [SPARSE, "resnet20"])
def test_what_two_of_four_saves(name: str, examples: Path) -> None:
    """Half the multipliers, two thirds of the weight memory or less; docs/elements.md has these numbers."""
    package = load_package(examples / name)
    if name != SPARSE:
        package, _ = fit_package(package, find_element("two_of_four"), 8, 1)
    found = []
    for title, element in (("multipliers", ""), ("2:4", "two_of_four")):
        hardware = hardware_for(package, element=element, act_depth=1 << 15, wgt_depth=1 << 16, prg_depth=1 << 12)
        program = compile_program(package.graph, "all", hardware)
        bits = program.weights.size * hardware.code_w
        filled = replace(hardware, wgt_depth=len(program.weights))
        assert filled.memory_bits["weights"] == bits
        multipliers = hardware.rows // hardware.columns.span * hardware.cols * (2 if element else 1)
        found.append(f"| {title} | {multipliers} | {bits:,} bits | {total_cycles(program):,} |\n")
    assert "".join(f"| `{name}` {line}" for line in found) in (ROOT / "docs" / "elements.md").read_text()
