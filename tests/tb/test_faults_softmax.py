"""Planted faults in softmax_rows and its parts: each must turn the bench red, by the test that looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_unit
from tests.tb.row_faults import INTAKE, READER, RING
from tests.tb.rtl_mutants import assert_killed, plant

pytestmark = pytest.mark.slow

UNIT = "softmax_rows"
WIRING = {
    # name: (the bench's test that must fail, original, mutant)
    "signed as unsigned": ("corners", "{x_signed_i, {(X_W - 1)", "{1'b0, {(X_W - 1)"),
    "junk is in the maximum": ("corners", "counts[lane] ? element : {X_W{1'b0}}", "element"),
    "junk is in the sum": (
        "corners",
        "keep2_q[lane] ? table_data_i[lane*E_W+:E_W] : {E_W{1'b0}}",
        "table_data_i[lane*E_W+:E_W]",
    ),
    "keep a beat early": (
        "random_data",
        "keep2_q  <= keep1_q;",
        "keep2_q  <= sum_last ? tag0_q[BEAT_W+:LANES] : {LANES{1'b1}};",
    ),
    "keep of whole beats": ("corners", "sum_last ? tag0_q[BEAT_W+:LANES] : {LANES{1'b1}}", "tag0_q[BEAT_W+:LANES]"),
    "the other way": ("corners", "max1_q - x[lane*X_W+:X_W]", "x[lane*X_W+:X_W] - max1_q"),
    "maximum of the next row": ("standstill", "max1_q   <= max0_q;", "max1_q   <= row_max;"),
    "rows overrun": ("standstill", "= rows_room & maximum_ready;", "= maximum_ready;"),
    "maximum overrun": ("standstill", "= rows_room & maximum_ready;", "= rows_room;"),
    "exponentials overrun": ("standstill", "(~exps_room | (sum_last & summing_q))", "(sum_last & summing_q)"),
    "sums overrun": ("standstill", "(~exps_room | (sum_last & summing_q))", "~exps_room"),
    "one row on its way to the sum": ("timing", "(~exps_room | (sum_last & summing_q))", "(~exps_room | summing_q)"),
    "last beat late": ("random_data", "last2_q  <= last1_q;", "last2_q  <= last2_q & ~last1_q;"),
    "tag of the next row": ("standstill", "sum_tag_q <= tag0_q;", "sum_tag_q <= row_tag;"),
    "R is the most": ("random_data", ".bits_i  (reciprocal_bits_i)", ".bits_i  (R_W)"),
    "P is the most": ("random_data", "MOST[3:0] - result_bits_i", "MOST[3:0] - MOST[3:0]"),
    "reciprocal of the next row": ("standstill", "r1_q    <= r0_q;", "r1_q    <= r;"),
    "reciprocal a beat early": ("standstill", ".r_i    (r1_q)", ".r_i    (r0_q)"),
    "exponential not held": (
        "stalls",
        ".read_i  (scale_read),\n        .hold_i  (hold)",
        ".read_i  (scale_read & ~hold),\n        .hold_i  (1'b0)",
    ),
    "results not held": ("stalls", ".hold_i (hold),\n                .e_i", ".hold_i (1'b0),\n                .e_i"),
    "back-pressure ignored": ("stalls", "m_axis_tvalid_o & ~m_axis_tready_i;", "1'b0;"),
    "tlast dropped": ("corners", "m_axis_tlast_o  = last_q[3]", "m_axis_tlast_o  = 1'b0"),
    "tlast one early": ("corners", "m_axis_tlast_o  = last_q[3]", "m_axis_tlast_o  = last_q[2]"),
    "keep of the row before": ("corners", "keep_q <= scale_tag[BEAT_W+:LANES];", "keep_q <= sum_tag_q[BEAT_W+:LANES];"),
    "room of the exponentials halved": ("timing", "((1 << BEAT_W) < R_W + 10) ? BEAT_W + 2 : BEAT_W + 1", "BEAT_W"),
    "summing not reset": (
        "reset_in_mid_row",
        "            summing_q <= 1'b0;\n            valid2_q",
        "            valid2_q",
    ),
    "results not reset": ("reset_in_mid_row", "        if (!rst_ni) valid_q <= 2'b0;\n", ""),
}
MAXIMUM = {
    "largest of earlier rows": ("corners", "last_q ? {X_W{1'b0}} : larger;", "larger;"),
    "of the last beat": ("corners", "(beat_q > so_far_q) ? beat_q : so_far_q", "beat_q"),
    "smallest": ("corners", "(beat_q > so_far_q)", "(beat_q < so_far_q)"),
    "a row is overwritten": ("standstill", "valid_q & last_q & full_q & ~take_i;", "1'b0;"),
    "full not reset": ("reset_in_mid_row", "            full_q   <= 1'b0;\n            so_far", "            so_far"),
    "so far not reset": (
        "reset_in_mid_row",
        "            so_far_q <= {X_W{1'b0}};\n        end\n    end",
        "        end\n    end",
    ),
}
TOTAL = {
    "sum of all rows": ("corners", "last_q ? {S_W{1'b0}} : added;", "added;"),
    "sum one bit short": ("corners", "added = so_far_q + beat_q;", "added = (so_far_q + beat_q) & ~(1 << (S_W - 1));"),
    "last beat not summed": ("corners", "sum_q  <= added;", "sum_q  <= so_far_q;"),
    "so far not reset": (
        "reset_in_mid_row",
        "            so_far_q <= {S_W{1'b0}};\n        end\n    end",
        "        end\n    end",
    ),
}
RECIPROCAL = {
    "a bit too many is left out": ("corners", "(ALL[5:0] - bits_i)", "(ALL[5:0] + 6'd1 - bits_i)"),
    "no bit is left out": ("random_data", "= quotient & wanted;", "= quotient | (wanted & {(R_W + 1) {1'b0}});"),
    "lost if not taken at once": ("stalls", "valid_q <= valid_o & ~take_i;", "valid_q <= done & ~take_i;"),
    "a cycle lost between divisions": ("timing", "full_i & (~busy_q | take_i)", "full_i & ~busy_q"),
    "busy not reset": ("reset_in_mid_row", "            busy_q  <= 1'b0;\n", ""),
    "valid not reset": ("reset_in_mid_row", "            valid_q <= 1'b0;\n", ""),
}
LANE = {
    "rounding dropped": ("corners", "{{OUT_W{1'b0}}, moved[0]}", "{(OUT_W + 1) {1'b0}}"),
    "half of another width": ("random_data", "{{OUT_W{1'b0}}, moved[0]}", "{{OUT_W{1'b0}}, scaled_q[0]}"),
    "saturation dropped": ("corners", "(rounded > top) ? top[OUT_W-1:0] : ", ""),
    "saturation one too early": ("corners", "(rounded > top)", "(rounded >= top - 1'b1)"),
    "saturation of the widest": ("random_data", "{1'b0, {OUT_W{1'b1}} >> drop_i}", "{1'b0, {OUT_W{1'b1}}}"),
    "product one bit short": ("corners", "product[R_W:R_W-OUT_W-1]", "{1'b0, product[R_W-1:R_W-OUT_W-1]}"),
}
DIVIDER = {
    "equal does not fit": ("corners", "(remainder_q >= {1'b0, divisor_q})", "(remainder_q > {1'b0, divisor_q})"),
    "remainder one bit short": ("corners", "{kept, 1'b0};", "{1'b0, kept[D_W-2:0], 1'b0};"),
}
FILES = {
    "softmax_rows.v": WIRING,
    "row_intake.v": INTAKE,
    "beat_ring.v": RING,
    "row_reader.v": READER,
    "row_maximum.v": MAXIMUM,
    "row_total.v": TOTAL,
    "row_reciprocal.v": RECIPROCAL,
    "softmax_lane.v": LANE,
    "reciprocal.v": DIVIDER,
}
FAULTS = {
    f"{file.removesuffix('.v')}: {name}": (file, *fault)
    for file, faults in FILES.items()
    for name, fault in faults.items()
}
SMALL = {"LEN_W": 4}
"""Short rows make short runs."""
BUILDS: dict[str, dict[str, int]] = {
    "softmax_rows: exponentials overrun": {},
    "softmax_rows: one row on its way to the sum": {},
    "row_reader: a cycle lost between rows": {},
    "beat_ring: half of it used": {},
    "row_intake: keep is no prefix": {"LANES": 4, "LEN_W": 4},
    "beat_ring: a beat is freed too early": {},
}
"""Faults that only rows show that take longer to read than to divide, or more lanes, with their builds."""


@pytest.mark.campaign
def test_the_untouched_unit_is_green(sim_output: Path) -> None:
    """The control of every test below."""
    outcome = run_unit(UNIT, find_simulator("icarus"), sim_output, parameters=SMALL)
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.sample(48)
@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_killed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails, not by a simulator that refuses the mutant."""
    file, test, original, mutant = FAULTS[name]
    rtl = plant(tmp_path, file, original, mutant)
    assert_killed(monkeypatch, UNIT, test, tmp_path, rtl, parameters=BUILDS.get(name, SMALL))
