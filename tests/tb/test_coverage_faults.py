"""Planted faults go through the real benches, and the report names the class of inputs that they touch."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.tb.components.bench_report import UnitReport, read_report
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_unit
from tests.tb.rtl_mutants import plant

pytestmark = pytest.mark.slow

NARROW = {"ACC_W": 8, "SCALE_W": 4, "BIAS_W": 12, "SHIFT_W": 3, "OUT_W": 4}
FAULTS = {
    # name: (unit, parameters, file, original, mutant, what the explanation holds)
    "half_even rounds every tie up": (
        "mulquant", NARROW, "mulquant.v", "(rounding_i == HALF_EVEN & ~halves_q[1])", "1'b0",
        "are in [half_even] and [tie, even quotient]",
    ),
    "operands stop in column 1 of row 2": (
        "systolic_array", {}, "systolic_array.v", ".a_i   (a_net[r*(GROUPS+1)+g])",
        ".a_i   ((r == 2 && g == 1) ? {A_W{1'b0}} : a_net[r*(GROUPS+1)+g])",
        "are in [column 1 or a later one] and [row 2 with a product]",
    ),
    "a column sum one too large": (
        "systolic_array", {}, "systolic_array.v", ".psum_i(psum_net[r*GROUPS+g])",
        ".psum_i(psum_net[r*GROUPS+g] + (r == 1 && g == 3))", "are in [column 3]",
    ),
}  # fmt: skip


def bench(rtl: Path | None, unit: str, parameters: dict[str, int], folder: Path) -> tuple[bool, UnitReport]:
    options = {"rtl": rtl} if rtl else {}
    outcome = run_unit(unit, find_simulator("icarus"), folder, parameters=parameters, **options)
    return outcome.passed, read_report(outcome.log.parent)


@pytest.mark.sample(6)
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_explained(name: str, tmp_path: Path) -> None:
    unit, parameters, file, original, mutant, wanted = FAULTS[name]
    passed, report = bench(plant(tmp_path, file, original, mutant), unit, parameters, tmp_path)
    assert not passed
    assert report.failed > 0
    assert len(report.explanation) == 1, report.explanation
    assert report.explanation[0].startswith("all ")
    assert wanted in report.explanation[0]
    assert ", 0 of " in report.explanation[0], "inputs outside the class are wrong too"


def test_a_lost_result_is_a_shifted_stream_and_no_class(tmp_path: Path) -> None:
    """The report of a test that ended by itself in the middle is there all the same."""
    lost = "valid_q <= s_axis_tvalid_i & (s_axis_tdata_i != 77);"
    rtl = plant(tmp_path, "lut_pointwise.v", "valid_q <= s_axis_tvalid_i;", lost)
    passed, report = bench(rtl, "lut_pointwise", {}, tmp_path)
    assert not passed
    assert "to come on m_axis" in report.tests["sweep"].error
    assert "sweep: the stream is shifted by one: results 77.." in report.explanation[0]
    assert "one result from 77 on never came" in report.explanation[0]
    assert not any("[" in line for line in report.explanation)


def test_a_sound_unit_needs_no_explanation(tmp_path: Path) -> None:
    passed, report = bench(None, "systolic_array", {}, tmp_path)
    assert passed
    assert report.explanation == ()
    assert report.compared > 500
    assert {group for group, _ in report.coverage.unhit()} == {"widths", "shape"}
