"""Planted faults in the units by table: each must turn the bench red, by the test that looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_unit
from tests.tb.rtl_mutants import assert_killed, plant

pytestmark = pytest.mark.slow

SOFTMAX = {
    # name: (the bench's test that must fail, original, mutant)
    "largest is the first": ("corners", "first | (element > max_q[fill_q])", "first"),
    "largest of earlier rows": ("corners", "first | (element > max_q[fill_q])", "element > max_q[fill_q]"),
    "smallest": ("corners", "(element > max_q[fill_q])", "(element < max_q[fill_q])"),
    "largest of the other buffer": ("random_data", "max_q[drain_q] - x", "max_q[fill_q] - x"),
    "signed as unsigned": ("corners", "{x_signed_i, {(X_W - 1)", "{1'b0, {(X_W - 1)"),
    "beyond the table wraps": ("corners", "zero2_q ? {E_W{1'b0}} : entry", "entry"),
    "last entry counts as beyond": (
        "corners",
        "|below[X_W-1:DEPTH_W];",
        "(|below[X_W-1:DEPTH_W]) | (&below[DEPTH_W-1:0]);",
    ),
    "beyond of the next element": ("corners", "e = zero2_q ?", "e = beyond ?"),
    "sum one bit short": (
        "corners",
        "sum_q <= sum_q + {{LEN_W{1'b0}}, e};",
        "sum_q <= {1'b0, sum_q[S_W-2:0]} + {{LEN_W{1'b0}}, e};",
    ),
    "sum of all rows": ("corners", "sum_q       <= {S_W{1'b0}};", ""),
    "last element not summed": ("corners", "if (valid2_q) sum_q", "if (valid2_q & ~last2_q) sum_q"),
    "division one step short": ("corners", "(step_q == R_W[STEP_W-1:0])", "(step_q == R_W[STEP_W-1:0] - 6'd1)"),
    "equal does not fit": ("corners", "(remainder_q >= {1'b0, sum_q})", "(remainder_q > {1'b0, sum_q})"),
    "remainder one bit short": ("corners", "{kept, 1'b0};", "{1'b0, kept[S_W-2:0], 1'b0};"),
    "reciprocal one bit short": ("corners", "{r_q[R_W-1:0], fits};", "{1'b0, r_q[R_W-2:0], fits};"),
    "rounding dropped": ("corners", "product_q[R_W-OUT_W-1]};", "1'b0};"),
    "ties to even": (
        "corners",
        "product_q[R_W-OUT_W-1]};",
        "product_q[R_W-OUT_W-1] & (product_q[R_W-OUT_W] | (|product_q[R_W-OUT_W-2:0]))};",
    ),
    "saturation dropped": ("corners", "rounded[OUT_W] ? {OUT_W{1'b1}} : rounded", "rounded"),
    "saturation one too early": ("corners", "rounded[OUT_W] ? {OUT_W{1'b1}}", "(&rounded[OUT_W-1:1]) ? {OUT_W{1'b1}}"),
    "results of the summing pass": ("corners", "valid2_q & (state_q == SCALE)", "valid2_q"),
    "tlast dropped": ("corners", "m_axis_tlast_o  = last4_q", "m_axis_tlast_o  = 1'b0"),
    "tlast one early": ("random_data", "last4_q   <= last3_q;", "last4_q   <= last2_q;"),
    "unknown data": ("corners", "m_axis_tdata_o  = y_q", "m_axis_tdata_o  = y_q ^ {OUT_W{1'bx}}"),
    "length of the other buffer": ("random_data", "== last_q[drain_q]", "== last_q[fill_q]"),
    "one buffer only": ("timing", "s_axis_tready_o = ~full_q[fill_q]", "s_axis_tready_o = ~|full_q"),
    "three rows": ("stalls", "s_axis_tready_o = ~full_q[fill_q]", "s_axis_tready_o = 1'b1"),
    "buffer never freed": ("corners", "full_q[drain_q] <= 1'b0;", "full_q[drain_q] <= 1'b1;"),
    "back-pressure ignored": ("stalls", "m_axis_tvalid_o & ~m_axis_tready_i;", "1'b0;"),
    "element not held": ("stalls", "hold ? row_addr_q : {drain_q", "1'b0 ? row_addr_q : {drain_q"),
    "exponential not held": ("stalls", "hold ? exp_addr_q : below", "1'b0 ? exp_addr_q : below"),
    "last result lost": ("corners", "valid4_q  <= valid3_q;", "valid4_q  <= valid3_q & ~last3_q;"),
    "a cycle lost between rows": (
        "timing",
        "if (full_q[drain_q]) begin",
        "if (full_q[drain_q] & (step_q == {STEP_W{1'b0}})) begin",
    ),
    "longest row not ended": ("overlong_rows", "take & (s_axis_tlast_i | longest)", "take & s_axis_tlast_i"),
    "longest row is too long": ("corners", "if (longest & ~s_axis_tlast_i) overlong_q", "if (longest) overlong_q"),
    "overlong unseen": ("overlong_rows", "overlong_q <= 1'b1;", "overlong_q <= 1'b0;"),
    "overlong falls": (
        "overlong_rows",
        "if (longest & ~s_axis_tlast_i) overlong_q <= 1'b1;",
        "overlong_q <= longest & ~s_axis_tlast_i;",
    ),
    "overlong not reset": ("overlong_rows", "            overlong_q <= 1'b0;\n", ""),
    "half a row not reset": ("reset_in_mid_row", "            taken_q    <= {LEN_W{1'b0}};\n", ""),
    "full not reset": ("reset_in_mid_row", "            full_q     <= 2'd0;\n", ""),
    "state not reset": ("reset_in_mid_row", "            state_q    <= WAIT;\n", ""),
    "issue not reset": ("reset_in_mid_row", "            issue_q    <= 1'b0;\n", ""),
    "index not reset": ("reset_in_mid_row", "            index_q    <= {LEN_W{1'b0}};\n", ""),
    "buffers not reset": ("reset_in_mid_row", "            drain_q    <= 1'b0;\n", ""),
    "result not reset": ("reset_in_mid_row", "            valid4_q   <= 1'b0;\n", ""),
}
POINTWISE = {
    "sign bit dropped": ("sweep", "addr_q : s_axis_tdata_i;", "addr_q : {1'b0, s_axis_tdata_i[X_W-2:0]};"),
    "lowest bit dropped": ("sweep", "addr_q : s_axis_tdata_i;", "addr_q : {s_axis_tdata_i[X_W-1:1], 1'b0};"),
    "one address on": ("sweep", "addr_q : s_axis_tdata_i;", "addr_q : s_axis_tdata_i + 1'b1;"),
    "table written": ("sweep", ".we_i    (1'b0)", ".we_i    (valid_q)"),
    "tlast dropped": ("sweep", "m_axis_tlast_o  = last_q", "m_axis_tlast_o  = 1'b0"),
    "unknown tlast": ("sweep", "m_axis_tlast_o  = last_q", "m_axis_tlast_o  = last_q ^ 1'bx"),
    "result not held": ("stalls", "hold ? addr_q :", "1'b0 ? addr_q :"),
    "tlast not held": (
        "stalls",
        "            last_q  <= s_axis_tlast_i;\n        end",
        "        end\n        last_q  <= s_axis_tlast_i;",
    ),
    "back-pressure ignored": ("stalls", "m_axis_tvalid_o & ~m_axis_tready_i;", "1'b0;"),
    "input taken while held": ("stalls", "s_axis_tready_o = ~hold;", "s_axis_tready_o = 1'b1;"),
    "gaps filled": ("stalls", "valid_q <= s_axis_tvalid_i;", "valid_q <= 1'b1;"),
    "every other cycle": ("latency", "s_axis_tready_o = ~hold;", "s_axis_tready_o = ~hold & ~valid_q;"),
    "valid stuck at 0": ("latency", "m_axis_tvalid_o = valid_q", "m_axis_tvalid_o = 1'b0"),
    "result not reset": ("reset_in_mid_stream", "        if (!rst_ni) valid_q <= 1'b0;\n", ""),
}
FAULTS = {
    f"{unit}: {name}": (unit, *fault)
    for unit, faults in (("lut_softmax", SOFTMAX), ("lut_pointwise", POINTWISE))
    for name, fault in faults.items()
}
SMALL = {"lut_softmax": {"LEN_W": 4}, "lut_pointwise": {}}
"""Short rows make short runs."""


@pytest.mark.sample(3)
@pytest.mark.parametrize("unit", SMALL)
def test_the_untouched_unit_is_green(unit: str, sim_output: Path) -> None:
    """The control of every test below."""
    outcome = run_unit(unit, find_simulator("icarus"), sim_output, parameters=SMALL[unit])
    assert outcome.passed, outcome.log.read_text()[-3000:]


@pytest.mark.sample(45)
@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_killed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails, not by a simulator that refuses the mutant."""
    unit, test, original, mutant = FAULTS[name]
    rtl = plant(tmp_path, f"{unit}.v", original, mutant)
    assert_killed(monkeypatch, unit, test, tmp_path, rtl, parameters=SMALL[unit])
