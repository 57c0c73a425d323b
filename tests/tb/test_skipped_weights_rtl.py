"""Layers with blocks of zeros on the RTL: golden's integers in as many cycles as the schedule says."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from tests.core_model.test_skipped_weights import PATTERNS, element_layer
from tests.sparse_layers import CONV, LINEAR, dense, pruned_layer
from tests.tb.test_core import DEPTHS, assert_cycles_are_exact, run_on

pytestmark = pytest.mark.slow

SMALL = Hardware(rows=4, cols=4, **DEPTHS)
LAYERS = {
    "conv2d, other zeros in each column tile": pruned_layer(CONV, *PATTERNS["other ones in each"]),
    "conv2d, middle": pruned_layer(CONV, *PATTERNS["middle"]),
    "conv2d, whole filters": pruned_layer(CONV, *PATTERNS["whole filters"]),
    "linear, middle": pruned_layer(LINEAR, *PATTERNS["middle"]),
}


def held_to_golden(package: Package, output: Path, hardware: Hardware) -> int:
    """Cycles of a run, which are those of the schedule."""
    result = run_on(package, output, hardware, layer="layer", images=1)
    assert result.passed, result.reasons
    assert_cycles_are_exact(result)
    return int(result.figures["cycles"])


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", LAYERS)
def test_blocks_of_zeros(name: str, sim_output: Path) -> None:
    package = LAYERS[name]
    assert held_to_golden(package, sim_output, SMALL) < held_to_golden(dense(package), sim_output, SMALL)


def test_sums_over_two_runs_on_elements_of_four_rows(sim_output: Path) -> None:
    package = element_layer("two_of_four")
    hardware = Hardware(rows=4, cols=4, element="two_of_four", **DEPTHS)
    assert any(step.descriptor.keep for step in compile_program(package.graph, "layer", hardware).steps)
    held_to_golden(package, sim_output, hardware)
