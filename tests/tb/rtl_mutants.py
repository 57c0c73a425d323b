"""Planted faults: one changed place of one RTL file each, and the run that must notice it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from t2c.common.places import RTL
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST
from t2c.tb.simulation.simulators import find_simulator
from t2c.tb.units.run import run_unit

COORDINATE = r"layer \w+: output \(n=\d+, c=\d+, y=\d+, x=\d+\): expected -?\d+ \(0x..\), actual (-?\d+ \(0x|X)"
"""What most faults look like: a wrong value, and where."""
PLACE = r"result word \d+ went to address \d+, banks"


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """A planted fault. file, original, mutant: what changes; core, layer, images, stall, tests: the run that shows it
    (cores are those of tests/tb/test_faults.py); report: what the reasons must say."""

    file: str
    original: str
    mutant: str
    core: str = "plain"
    layer: str = "all"
    images: int = 1
    stall: str = "none"
    tests: tuple[str, ...] = (MAIN_TEST,)
    report: str = COORDINATE


Change = tuple[str, str, str]
"""File of rtl/, text that stands there once, what it becomes."""


def plant(folder: Path, file: str, original: str, mutant: str) -> Path:
    """Copy the RTL and change one place of one file."""
    return plant_all(folder, (file, original, mutant))


def plant_all(folder: Path, *changes: Change) -> Path:
    """Copy the RTL into a folder and change one place after the other; the folder of the copy."""
    rtl = folder / "rtl"
    shutil.copytree(RTL, rtl)
    for file, original, becomes in changes:
        text = (rtl / file).read_text()
        assert text.count(original) == 1, f"{file} holds {original!r} {text.count(original)} times"
        (rtl / file).write_text(text.replace(original, becomes))
    return rtl


def only(monkeypatch: pytest.MonkeyPatch, unit: str, *tests: str) -> None:
    """Let a unit's bench have these tests alone."""
    monkeypatch.setitem(units(), unit, replace(units()[unit], tests=tests))


def assert_killed(
    monkeypatch: pytest.MonkeyPatch, unit: str, test: str, output: Path, rtl: Path, **settings: Any
) -> None:
    """By the named test of the unit's bench, which runs and fails; not by a simulator that refuses the fault."""
    only(monkeypatch, unit, test)
    outcome = run_unit(unit, find_simulator("icarus"), output, rtl=rtl, **settings)
    assert (outcome.tests, outcome.failed) == (1, 1)


def _value(file: str, original: str, mutant: str, **run: object) -> Mutant:
    return Mutant(file=file, original=original, mutant=mutant, **run)  # type: ignore[arg-type]


ARITHMETIC = {
    "rounding constant": _value("mulquant.v", "{{(R_W - 1) {1'b0}}, round_up}", "{R_W{1'b0}}", layer="depthwise"),
    "upper bound": _value("mulquant.v", "q_q <= hi_i[OUT_W-1:0];", "q_q <= hi_i[OUT_W-1:0] - 1'b1;", layer="stem"),
    "lower bound": _value("mulquant.v", "q_q <= lo_i[OUT_W-1:0];", "q_q <= lo_i[OUT_W-1:0] + 1'b1;", layer="stem"),
    "zero point dropped": _value(
        "mulquant.v", "rounded + {{2{zero_point_i", "rounded + 0 * {{2{zero_point_i", layer="stem"
    ),
    "partial not held": _value("mulquant.v", "partial_q ? p_q :", "1'b0 ? p_q :", layer="sum"),
    "partial gives a result": _value(
        "mulquant.v", "valid2_q & ~partial2_q;", "valid2_q;", layer="sum", report="result words came"
    ),
    "weight sign": _value(
        "mac_pe.v",
        "product_q <= a_q * weight_q;",
        "product_q <= a_q * $signed({1'b0, weight_q});",
        layer="stem",
    ),
    "product sign extension": _value("mac_pe.v", "product_q[PSUM_W-1:0]", "product_q[P_W-1:0]", layer="stem"),
    "swap a cycle late": _value(
        "mac_pe.v",
        "if (swap_i) weight_q <= w_i;",
        "late_q <= swap_i; if (late_q) weight_q <= w_i; end\n            reg late_q; always @(posedge clk_i) begin",
        layer="stem",
    ),
    "psum sign extension": _value("accumulator.v", "{psum_i[PSUM_W-1]}}", "{1'b0}}", layer="stem"),
    "accumulator never cleared": _value("accumulator.v", "(clear_i | max_i) ?", "max_i ?", layer="stem"),
    "accumulator always cleared": _value("accumulator.v", "(clear_i | max_i) ?", "1'b1 ?", layer="stem"),
    "max as unsigned": _value(
        "accumulator.v", "(stored_q > wide)", "($unsigned(stored_q) > $unsigned(wide))", layer="peak"
    ),
    "max as min": _value("accumulator.v", "(stored_q > wide)", "(stored_q < wide)", layer="peak"),
    "max not cleared": _value("accumulator.v", "max_i & ~clear_i &", "max_i &", images=2),
    "max as sum": _value("layer_engine.v", "= (combine == COMBINE_MAX);", "= 1'b0;", layer="peak"),
    "max pads with the middle": _value("window_row.v", "{max_i, {X_W{1'b0}}}", "{1'b0, {X_W{1'b0}}}", layer="peak"),
    "sum pads with the lowest": _value("window_row.v", "{max_i, {X_W{1'b0}}}", "{1'b1, {X_W{1'b0}}}", layer="stem"),
}

WINDOW = {
    "address off by one": _value("window_row.v", "px_base_i + offset;", "px_base_i + offset + 1'b1;", layer="stem"),
    "lower edge": _value("window_row.v", "(iy < in_h_i)", "(iy <= in_h_i)", layer="stem"),
    "right edge": _value("window_row.v", "(ix < in_w_i)", "(ix <= in_w_i)", layer="stem"),
    "input zero point": _value("window_row.v", "x_wide - zp", "x_wide", layer="stem"),
    "input sign": _value("window_row.v", "{x_signed & rdata_i[X_W-1], rdata_i}", "{1'b0, rdata_i}", layer="grouped"),
    "second operand's zero point": _value(
        "window_row.v", "= second2_q ? zero_point_i", "= 1'b0 ? zero_point_i", layer="sum"
    ),
    "second operand's sign": _value("window_row.v", "x_signed_i[second2_q]", "x_signed_i[0]", layer="sum"),
    "second operand never": _value(
        "pixel_sequencer.v", "second_o     = pair_i & ox_q[0]", "second_o     = 1'b0", layer="sum"
    ),
    "window row counter": _value("tile_loader.v", "dy_q      <= dy_q + dil_h_i;", "dy_q      <= dy_q;", layer="stem"),
    "window column counter": _value("tile_loader.v", "dx_q + dil_w_i;", "dx_q + 16'd1;", layer="depthwise"),
    "taps side by side": _value(
        "tile_loader.v", "== rows_per_tap_i - 16'd2", "== rows_per_tap_i - 16'd1", core="packed", layer="stem"
    ),
    "channel word": _value("tile_loader.v", "tap_offset_q + word_wide[ADDR_W-1:0];", "tap_offset_q;", layer="grouped"),
    "same weights ignored": _value("tile_loader.v", "else if (same_i) addr_q", "else if (1'b0) addr_q", layer="peak"),
    "weights not read again": _value("tile_loader.v", "addr_q     <= col_addr_q;", "", layer="stem"),
    "weight base": _value("tile_loader.v", "addr_q     <= weight_base_i;", "addr_q     <= 0;"),
    "stride": _value("pixel_sequencer.v", "iy0_q + stride_h_i", "iy0_q + 16'd1", layer="wide"),
    "image step": _value("pixel_sequencer.v", "image_addr_q + image_step_i", "image_addr_q + row_step_i", layer="peak"),
    "column step": _value("pixel_sequencer.v", "addr_q + col_step_i;", "addr_q + 1'b1;", layer="grouped"),
    "keep ignored": _value(
        "pixel_sequencer.v", "(k_tile_q == 16'd0) & ~keep_i", "(k_tile_q == 16'd0)", core="tight", layer="wide"
    ),
    "hold ignored": _value(
        "pixel_sequencer.v", "last_k_q & ~hold_i", "last_k_q", core="tight", layer="wide", report="result words came"
    ),
    "parameter address": _value(
        "pixel_sequencer.v", "assign param_addr_o = param_q +", "assign param_addr_o = 0 * param_q +", layer="wide"
    ),
    "parameter of the second": _value("pixel_sequencer.v", "{{(PAR_ADDR_W - 1) {1'b0}}, second_o};", "0;", layer="sum"),
    "parameters of a pair": _value("pixel_sequencer.v", "pair_i, ~pair_i}", "1'b0, 1'b1}", core="groups", layer="sum"),
    "parameter base": _value("pixel_sequencer.v", "param_q      <= param_base_i;", "param_q      <= 0;"),
}

WRITING = {
    "last output lost": _value(
        "layer_engine.v",
        ".d_i(psum_valid & sum_complete)",
        ".d_i(psum_valid & sum_complete & ~sum_last)",
        layer="stem",
        report="result words came",
    ),
    "output address": _value(
        "output_writer.v", "addr_o  = addr_q;", "addr_o  = addr_q + 1'b1;", layer="stem", report=PLACE
    ),
    "output image step": _value(
        "output_writer.v", "image_addr_q + image_step_i;", "image_addr_q + step_i;", layer="peak", report=PLACE
    ),
    "output column tile": _value(
        "output_writer.v", "{1'b0}}, last_group};", "{1'b0}}, 1'b0};", layer="stem", report=PLACE
    ),
    "output group stuck": _value(
        "output_writer.v", "assign group_o = group_q;", "assign group_o = 0;", core="groups", layer="stem", report=PLACE
    ),
    "group ignored": _value(
        "t2c_core.v", "(write_group == NUMBER[GROUP_W-1:0])", "1'b1", core="groups", layer="stem", report=PLACE
    ),
    "activations over weights": _value("t2c_core.v", ".we_i((load_wgt", ".we_i((load_act | load_wgt"),
    "one bank is never written": _value("t2c_core.v", "{ROWS{load_act}}", "({ROWS{load_act}} >> 1)"),
    "stored address": _value(
        "t2c_core.v",
        "storing ? {ROWS{store_addr}}",
        "storing ? {ROWS{store_addr ^ 1'b1}}",
        layer="stem",
        report="values at the host differ",
    ),
}

STREAMS = {
    "LOAD to another base": _value("stream_loader.v", "next_q <= base_i;", "next_q <= base_i + 1'b1;", layer="stem"),
    "LOAD without order": _value(
        "stream_loader.v", "waddr_o     <= next_q;", "waddr_o     <= next_q ^ 1'b1;", layer="stem"
    ),
    "ready while idle": _value(
        "stream_loader.v",
        "assign s_axis_tready_o = busy_q;",
        "assign s_axis_tready_o = 1'b1;",
        layer="stem",
        report="not done after",
    ),
    "weights over activations": _value(
        "stream_loader.v", "act_we_o    <= word & act_q;", "act_we_o    <= word;", core="tight", layer="wide"
    ),
    "parameter beats": _value(
        "stream_loader.v",
        "if (par_q | tbl_q) beats_q[0+:",
        "if (~par_q & ~tbl_q) beats_q[0+:",
        core="tight",
        layer="wide",
    ),
    "weights not loaded": _value(
        "stream_loader.v", "wgt_we_o    <= word & wgt_q;", "wgt_we_o    <= 1'b0;", core="tight", layer="wide"
    ),
    "parameters not loaded": _value(
        "stream_loader.v", "par_we_o    <= word & par_q;", "par_we_o    <= 1'b0;", core="tight", layer="wide"
    ),
    "misplaced tlast not seen": _value(
        "stream_loader.v",
        "beat & (s_axis_tlast_i != last);",
        "1'b0;",
        layer="stem",
        tests=(MAIN_TEST, ERROR_TEST),
        report="1 of 2 benches failed",
    ),
    "STORE one word short": _value(
        "stream_storer.v", "left_q <= words_i;", "left_q <= words_i - 1'b1;", layer="stem", report="tlast does not mark"
    ),
    "STORE from another base": _value(
        "stream_storer.v",
        "addr_q <= base_i;",
        "addr_q <= base_i + 1'b1;",
        layer="stem",
        report="values at the host differ",
    ),
    "tlast unknown": _value(
        "t2c_core.v",
        ".m_axis_tlast_o(m_axis_tlast_o)",
        ".m_axis_tlast_o()",
        layer="stem",
        report="tlast does not mark",
    ),
    "response unknown": _value(
        "core_registers.v",
        "rresp_q  <= read_resp;",
        "rresp_q  <= 2'bxx;",
        layer="stem",
        report="another response than expected",
    ),
    "tlast early": _value(
        "stream_storer.v",
        "wire last    = (left_q == {{(WORDS_W - 1) {1'b0}}, 1'b1});",
        "wire last    = (left_q == 2);",
        layer="stem",
        report="tlast does not mark",
    ),
    "one credit too many": _value(
        "stream_storer.v",
        "CREDITS = {1'b1, {DEPTH_W{1'b0}}};",
        "CREDITS = {1'b1, {DEPTH_W{1'b0}}} + 1'b1;",
        layer="stem",
        stall="none,blocked",
        report="not done after .* m_axis|values at the host differ|the core is busy",
    ),
    "done before the last word is taken": _value(
        "stream_storer.v",
        "done_o <= taken & m_axis_tlast_o;",
        "done_o <= m_axis_tvalid_o & m_axis_tlast_o & ~done_o;",
        layer="depthwise",
        stall="none,p90",
        report="a word came while the core was not busy",
    ),
    "payload moves while stalled": _value(
        "axis_fifo.v",
        "mem[tail_q[DEPTH_W-1:0]];",
        "mem[tail_q[DEPTH_W-1:0]] ^ {{(W-1){1'b0}}, head_q[0]};",
        layer="stem",
        stall="none,p90",
        report="payload changed while stalled",
    ),
}

PROGRAM = {
    "fetch skips a word": _value(
        "program_sequencer.v",
        "if (coming_q) shadow_q",
        "if (coming_q & left_q != 5) shadow_q",
        layer="stem",
        report="STATUS|not done",
    ),
    "a step before the one before is done": _value(
        "program_sequencer.v",
        "busy_o & (~running_q | step_done_i) & ~issue_q & fetched;",
        "busy_o & ~issue_q & fetched;",
        report="STATUS|not done|result words|" + COORDINATE,
    ),
    "program not rewound": _value(
        "program_sequencer.v", "addr_q   <= {ADDR_W{1'b0}};", "addr_q   <= addr_q;", images=2, report="STATUS|not done"
    ),
    "done never": _value(
        "program_sequencer.v", "done_o <= 1'b1;", "done_o <= 1'b0;", layer="stem", report="not done after"
    ),
    "error never": _value(
        "program_sequencer.v",
        "error_o      <= 1'b1;\n            error_code_o <= ERROR_MISPLACED_TLAST",
        "error_code_o <= ERROR_MISPLACED_TLAST",
        layer="stem",
        tests=(MAIN_TEST, ERROR_TEST),
        report="1 of 2 benches failed",
    ),
    "error of another kind": _value(
        "registers.vh",
        "ERROR_MISPLACED_TLAST   = 8'd2",
        "ERROR_MISPLACED_TLAST   = 8'd3",
        layer="stem",
        tests=(MAIN_TEST, ERROR_TEST),
        report="1 of 2 benches failed",
    ),
    "layer stuck": _value(
        "program_sequencer.v",
        "layer_o = desc_o[D_LAYER*32+:16];",
        "layer_o = 16'd0;",
        layer="stem",
        report="LAYER = 0, 2 was expected",
    ),
    "engine never done": _value(
        "layer_engine.v",
        "psum_valid & sum_last), .q_o(done_o)",
        "1'b0), .q_o(done_o)",
        layer="stem",
        report="not done after .* gives no tvalid",
    ),
    "engine done too early": _value(
        "layer_engine.v",
        "psum_valid & sum_last), .q_o(done_o)",
        "psum_valid), .q_o(done_o)",
        report="STATUS|not done|result words|" + COORDINATE,
    ),
}

MUTANTS = ARITHMETIC | WINDOW | WRITING | STREAMS | PROGRAM
