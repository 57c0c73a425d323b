"""Nothing right fails: modules of every latency and handshake, with one input inside or many, pass under our benches.

`make test` takes a sample, `make faults` runs all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest

from t2c.common.places import RTL
from t2c.tb.components.bench_report import read_report
from t2c.tb.dut.description import load_description
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_description

pytestmark = pytest.mark.slow

LATE = Path(__file__).parent / "duts" / "late"
RESET = "clock: clk\nreset: {port: rst, active: high}\n"
STREAM = (
    "  s_axis_tvalid: in_valid\n  s_axis_tready: in_ready\n  m_axis_tvalid: out_valid\n  m_axis_tready: out_ready\n"
)
UNITS: Mapping[str, tuple[Mapping[str, int], str]] = {
    "lut_pointwise": (
        {"X_W": 4, "OUT_W": 5},
        "sources: [late.v, late_pointwise.v]\ntop: late_pointwise\n"
        'parameters: {X: X_W, Y: OUT_W, LATENCY: $L, ONE: $ONE, TABLE: "{table}"}\n'
        f"ports:\n{STREAM}  s_axis_tdata: in_x\n  s_axis_tlast: in_last\n  m_axis_tdata: out_y\n"
        "  m_axis_tlast: out_last\n",
    ),
    "mulquant": (
        {"ACC_W": 10, "SCALE_W": 5, "BIAS_W": 12, "SHIFT_W": 3, "OUT_W": 4},
        "sources: [late.v, late_requant.v]\ntop: late_requant\nrounding: half_up\nabsent: pairs\n"
        "parameters: {A: ACC_W, M: SCALE_W, B: BIAS_W, S: SHIFT_W, Y: OUT_W, LATENCY: $L, ONE: $ONE}\n"
        f"ports:\n{STREAM}  s_axis_tdata: in_word\n  zero_point: zero\n  m_axis_tdata: out\n  lo: lo\n  hi: hi\n",
    ),
    "lut_softmax": (
        {"X_W": 4, "DEPTH_W": 3, "E_W": 6, "OUT_W": 4, "R_W": 12, "LEN_W": 2},
        f"sources: [late.v, late_softmax.v, {RTL}/lut_softmax.v, {RTL}/ram.v]\ntop: late_softmax\nabsent: timing\n"
        "parameters: {X: X_W, D: DEPTH_W, E: E_W, Y: OUT_W, R: R_W, L: LEN_W, "
        'LATENCY: $L, ONE: $ONE, TABLE: "{table}"}\n'
        f"ports:\n{STREAM}  x_signed: is_signed\n  overlong: overlong\n  s_axis_tdata: in_x\n  s_axis_tlast: in_last\n"
        "  m_axis_tdata: out_y\n  m_axis_tlast: out_last\n",
    ),
    "systolic_array": (
        {"ROWS": 3, "COLS": 2, "A_W": 4, "W_W": 3},
        "sources: [late.v, late_array.v]\ntop: late_array\n"
        "parameters: {R: ROWS, C: COLS, AW: A_W, WW: W_W, PW: PSUM_W, LATENCY: $L, DOUBLE: $ONE}\n"
        "ports:\n  w_valid: load\n  w_data: w\n  a_valid: valid\n  a_first: first\n  a_data: x\n"
        "  psum_valid: done\n  psum_data: sums\n",
    ),
}
"""Unit -> parameters with which it is quickly done, and the rest of a description."""


def described(unit: str, handshake: str, latency: int, one: bool, stated: bool) -> str:
    """A description of one of the modules in `LATE`. one: input inside at a time, or of an array: one buffer."""
    text = UNITS[unit][1]
    if unit == "systolic_array":
        one = not one  # DOUBLE
        if not one:
            text = text.replace("  a_first: first\n", "").replace(
                "ports:", "absent: double_buffer\ntie: {first: 0}\nports:"
            )
    if handshake != "valid_ready":
        tie = "" if unit == "systolic_array" else "tie: {out_ready: 1}\n"
        kept = [line for line in text.splitlines(keepends=True) if "tready" not in line]
        if handshake == "fixed_latency":
            kept = [line for line in kept if "m_axis_tvalid" not in line and "psum_valid" not in line]
        text = "".join(kept).replace("ports:", f"{tie}ports:")
    text = text.replace("$L", str(latency)).replace("$ONE", str(int(one)))
    return f"unit: {unit}\n{RESET}handshake: {handshake}\n" + (f"latency: {latency}\n" if stated else "") + text


def combinations() -> list[str]:
    """unit-handshake-latency-one|many-stated|unstated, those that make sense."""
    made = []
    for unit, latency, one in itertools.product(UNITS, (0, 1, 2, 3, 5, 40), (False, True)):
        for handshake in ("valid_ready", "valid_only", "fixed_latency"):
            if unit == "systolic_array" and handshake == "valid_ready":
                continue
            if unit == "lut_softmax" and handshake != "valid_ready":
                continue  # this one gives results more slowly than it takes elements, so it needs its ready
            if one and handshake != "valid_ready" and unit != "systolic_array":
                continue  # what takes one input at a time needs a ready to say so
            for stated in (True, False):
                if unit == "lut_softmax" and stated:
                    continue  # its rows have no latency to state
                if handshake == "fixed_latency" and not stated:
                    continue
                made.append(f"{unit}-{handshake}-{latency}-{'one' if one else 'many'}-{'' if stated else 'un'}stated")
    return made


@pytest.mark.sample(87)
@pytest.mark.parametrize("module", combinations())
def test_a_right_module_passes(module: str, tmp_path: Path, sim_output: Path) -> None:
    unit, handshake, latency, one, stated = module.split("-")
    for source in LATE.glob("*.v"):
        (tmp_path / source.name).write_text(source.read_text())
    path = tmp_path / f"{module}.yaml"
    path.write_text(described(unit, handshake, int(latency), one == "one", stated == "stated"))
    found = run_description(
        load_description(path), find_simulator("icarus"), sim_output, parameters=UNITS[unit][0], folder_suffix=module
    )
    report = read_report(found.folder)
    assert found.outcome.passed, [test.error or test.mismatches for test in report.tests.values() if not test.passed]
    assert not {"reset_in_mid_stream", "reset_in_mid_row"} & set(found.missing)
    assert report.compared > 100
