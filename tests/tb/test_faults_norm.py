"""Planted faults in layer_norm and its parts: each must turn the bench red, by the test that looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_unit
from tests.tb.rtl_mutants import assert_killed, plant

pytestmark = pytest.mark.slow

UNIT = "layer_norm"
STREAMS = {
    # name: (the bench's test that must fail, original, mutant)
    "unsigned as signed": ("corners", "{~x_signed_i, {(X_W - 1)", "{1'b0, {(X_W - 1)"),
    "lanes beyond the end count": ("corners", "~s_axis_tlast_i | (&s_axis_tkeep_i[lane:1])", "1'b1"),
    "keep is no prefix": ("corners", "(&s_axis_tkeep_i[lane:1])", "s_axis_tkeep_i[lane]"),
    "keep counts in every beat": ("random_data", "~s_axis_tlast_i | (&s_axis", "(&s_axis"),
    "lane 0 may not count": ("corners", "assign counts[lane] = 1'b1;", "assign counts[lane] = s_axis_tkeep_i[0];"),
    "junk is summed": ("corners", "counts[lane] ? element : {X_W{1'b0}}", "element"),
    "longest row not ended": ("overlong_rows", "s_axis_tlast_i | longest;", "s_axis_tlast_i;"),
    "longest row is too long": ("corners", "if (longest & ~s_axis_tlast_i) overlong_q", "if (longest) overlong_q"),
    "overlong unseen": ("overlong_rows", "overlong_q <= 1'b1;", "overlong_q <= 1'b0;"),
    "overlong not reset": ("overlong_rows", "            overlong_q <= 1'b0;\n", ""),
    "memory overrun": ("stalls", "= ~level_q[PTR_W] & sums_ready", "= sums_ready"),
    "memory half used": ("timing", "~level_q[PTR_W] & sums_ready", "~(|level_q[PTR_W:PTR_W-1]) & sums_ready"),
    "a beat is freed while it is held": ("stalls", "valid_q[1] & ~hold;", "valid_q[1];"),
    "a beat is freed too early": ("standstill", "valid_q[1] & ~hold;", "issue_q & ~hold;"),
    "constants of the next row": ("standstill", "g1_q     <= g0_q;", "g1_q     <= row_g;"),
    "shift a beat early": ("standstill", "shift2_q <= shift1_q;", "shift2_q <= shift0_q;"),
    "parameters of the beat before": ("corners", "index2_q <= index1_q;", "index2_q <= index1_q - 1'b1;"),
    "parameter not held": ("stalls", "hold ? param_addr_q : index2_q", "index2_q"),
    "element not held": ("stalls", "hold ? addr_q : read_q", "read_q"),
    "last beat one early": ("corners", "(index_q == end_q)", "(index_q + 1'b1 >= end_q)"),
    "a row is taken before the one before is read": ("standstill", "~hold & (~issue_q | issue_last)", "~hold"),
    "a cycle lost between rows": ("timing", "~hold & (~issue_q | issue_last)", "~hold & ~issue_q"),
    "results beyond the end are shown": (
        "corners",
        "m_axis_tkeep_o[lane] ? quant[lane*OUT_W+:OUT_W] : {OUT_W{1'b0}}",
        "quant[lane*OUT_W+:OUT_W]",
    ),
    "keep of whole beats": ("corners", "issue_last ? end_keep_q : {LANES{1'b1}}", "end_keep_q"),
    "tlast dropped": ("corners", "m_axis_tlast_o  = last_q[END]", "m_axis_tlast_o  = 1'b0"),
    "tlast one early": ("corners", "m_axis_tlast_o  = last_q[END]", "m_axis_tlast_o  = last_q[END-1]"),
    "back-pressure ignored": (
        "stalls",
        "m_axis_tvalid_o & ~m_axis_tready_i;\n    reg               issue_q",
        "1'b0;\n    reg               issue_q",
    ),
    "half a row not reset": ("reset_in_mid_row", "            taken_q    <= {BEAT_W{1'b0}};\n", ""),
    "write pointer not reset": ("reset_in_mid_row", "            write_q    <= {PTR_W{1'b0}};\n", ""),
    "level not reset": ("reset_in_mid_row", "            level_q    <= {(PTR_W + 1) {1'b0}};\n", ""),
    "issue not reset": ("reset_in_mid_row", "            issue_q    <= 1'b0;\n", ""),
    "index not reset": ("reset_in_mid_row", "            index_q    <= {BEAT_W{1'b0}};\n", ""),
    "results not reset": ("reset_in_mid_row", "            valid_q    <= {END{1'b0}};\n", ""),
}
SUMS = {
    "a row goes on": ("corners", "(open_q ? q_q : {Q_W{1'b0}})", "q_q"),
    "sum without sign": ("corners", "{{LEN_W{element[X_W-1]}}, element}", "{{LEN_W{1'b0}}, element}"),
    "squares one bit short": ("corners", "{{LEN_W{1'b0}}, square}", "{{(LEN_W + 1) {1'b0}}, square[2*X_W-3:0]}"),
    "a row's sums are overwritten": ("random_data", "valid2_q & full_q & ~take_i;", "1'b0;"),
    "full not reset": (
        "reset_in_mid_row",
        "            full_q   <= 1'b0;\n        end\n    end",
        "        end\n    end",
    ),
    "open not reset": ("reset_in_mid_row", "            open_q   <= 1'b0;\n", ""),
}
CONSTANTS = {
    "epsilon forgotten": ("corners", " + {{(V_W - E_W) {1'b0}}, epsilon_i};", ";"),
    "epsilon of 16 bits": ("corners", "{{(V_W - E_W) {1'b0}}, epsilon_i}", "{{(V_W - 16) {1'b0}}, epsilon_i[15:0]}"),
    "square of N": (
        "corners",
        "                a = s_q;\n                b = {{(B_W - A_W)",
        "                b = {{(B_W - A_W)",
    ),
    "h rounded down": ("corners", "(v_q[2*pair+:2] != 2'b00)", "(v_q[2*pair+1])"),
    "V of 32 bits": ("corners", "v_q     <= v_q - wide[V_W-1:0];", "v_q     <= (v_q - wide[V_W-1:0]) % (1 << 18);"),
    "shift without h": ("corners", "half_q + SHIFT_BASE[5:0]", "half + SHIFT_BASE[5:0] + 6'd1"),
    "S r lost": ("stalls", "TIMES_S, VALID: a = s_q;", "TIMES_S: a = s_q;"),
    "S r is N r": ("corners", "TIMES_S, VALID: a = s_q;", "VALID: a = s_q;"),
    "state not reset": ("reset_in_mid_row", "            state_q      <= IDLE;\n", ""),
}
PARTS = {
    "root: equal does not fit": ("integer_root.v", "corners", "(brought >= tried)", "(brought > tried)"),
    "root: remainder one bit short": (
        "integer_root.v",
        "corners",
        "remainder_q <= left;",
        "remainder_q <= {2'b00, left[W-2:0]};",
    ),
    "root: a digit less": ("integer_root.v", "corners", "value_q     <= value_i;", "value_q     <= value_i >> 2;"),
    "reciprocal: equal does not fit": (
        "reciprocal.v",
        "corners",
        "(remainder_q >= {1'b0, divisor_q})",
        "(remainder_q > {1'b0, divisor_q})",
    ),
    "reciprocal: remainder one bit short": ("reciprocal.v", "corners", "{kept, 1'b0};", "{1'b0, kept[D_W-2:0], 1'b0};"),
    "lane: rounded down": ("normal_lane.v", "corners", "shifted[0]};", "1'b0};"),
    "lane: half away": (
        "normal_lane.v",
        "corners",
        "shifted[0]};",
        "shifted[0] & (~shifted[A_W-1] | |(centred_q << (6'd63 - shift_i)))};",
    ),
    "lane: no sign": ("normal_lane.v", "corners", "{{(A_W - X_W) {x_i[X_W-1]}}, x_i}", "{{(A_W - X_W) {1'b0}}, x_i}"),
    "lane: product not held": (
        "normal_lane.v",
        "standstill",
        "        if (!hold_i) begin\n            centred_q <= x * g - h_i;\n",
        "        centred_q <= x * g - h_i;\n        if (!hold_i) begin\n",
    ),
}
FAULTS = {
    **{f"layer_norm: {name}": ("layer_norm.v", *fault) for name, fault in STREAMS.items()},
    **{f"sums: {name}": ("row_sums.v", *fault) for name, fault in SUMS.items()},
    **{f"constants: {name}": ("row_constants.v", *fault) for name, fault in CONSTANTS.items()},
    **PARTS,
}
SMALL = {"LEN_W": 4}
"""Short rows make short runs."""
BUILDS = {"layer_norm: a cycle lost between rows": {"LEN_W": 5}}
"""Faults that only rows of more beats show, with their builds."""


@pytest.mark.campaign
def test_the_untouched_unit_is_green(sim_output: Path) -> None:
    """The control of every test below."""
    outcome = run_unit(UNIT, find_simulator("icarus"), sim_output, parameters=SMALL)
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.campaign
@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_killed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails, not by a simulator that refuses the mutant."""
    file, test, original, mutant = FAULTS[name]
    rtl = plant(tmp_path, file, original, mutant)
    assert_killed(monkeypatch, UNIT, test, tmp_path, rtl, parameters=BUILDS.get(name, SMALL))
