"""Proof that the harness can fail: every planted fault turns a run red, and the report says where."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from golden.package import Package, load_package
from mapping.hardware import Hardware
from tb.layer_job import LayerJob, prepare_layer
from tb.layer_request import LayerRequest
from tb.runner import RTL
from tb.simulators import SIMULATORS, find_simulator
from tb.unit_job import run_unit
from tests.random_layers import LayerShape, layer_package

HARDWARE = Hardware(rows=4, cols=4)
COORDINATE = r"layer conv2: output \(n=\d+, c=\d+, y=\d+, x=\d+\): expected -?\d+ \(0x..\), actual (-?\d+ \(0x|X)"


@pytest.fixture(scope="module")
def package(examples: Path) -> Package:
    return load_package(examples / "digits_w8a8")


def job_for(
    package: Package, output: Path, *, layer: str = "conv2", simulator: str = "icarus", **request: object
) -> LayerJob:
    return prepare_layer(
        package,
        package.name,
        LayerRequest(layer=layer, images=1, **request),
        HARDWARE,
        find_simulator(simulator),
        output,
    )


def test_the_untouched_run_is_green(package: Package, sim_output: Path) -> None:
    """The control of every test below."""
    assert job_for(package, sim_output).run().passed


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_one_wrong_expected_value(package: Package, sim_output: Path, simulator: str) -> None:
    job = job_for(package, sim_output, simulator=simulator)
    expected = np.load(job.folder / "expected.npy")
    right = int(expected[0, 5, 3, 2])
    expected[0, 5, 3, 2] ^= 1
    np.save(job.folder / "expected.npy", expected)
    result = job.run()
    assert not result.passed
    assert result.figures["mismatches"] == 1
    assert f"layer conv2: output (n=0, c=5, y=3, x=2): expected {right ^ 1} " in result.reasons[0]
    assert f"actual {right} " in result.reasons[0]
    assert "array column 1" in result.reasons[0]


@pytest.mark.parametrize(
    ("image", "word", "bit"),
    [
        ("weights", 17, 6),
        ("params", 1, 13),  # of a multiplier; a lower bit may change no output
        ("stimulus", 40, 5),
        ("descriptors", 7, 1),  # pad_h
    ],
)
def test_one_wrong_rom_word(package: Package, sim_output: Path, image: str, word: int, bit: int) -> None:
    job = job_for(package, sim_output)
    path = job.plusargs[image]
    lines = path.read_text().splitlines()
    lines[word] = f"{int(lines[word], 16) ^ 1 << bit:0{len(lines[word])}x}"
    path.write_text("\n".join(lines) + "\n")
    result = job.run()
    assert not result.passed
    assert re.search(COORDINATE, "; ".join(result.reasons))


MUTANTS = {
    # name: (file, original, mutant)
    "rounding constant": ("mulquant.v", "{{(R_W - 1) {1'b0}}, round_up}", "{R_W{1'b0}}"),
    "upper saturation bound": ("mulquant.v", "q_q <= hi_i[OUT_W-1:0];", "q_q <= hi_i[OUT_W-1:0] - 1'b1;"),
    "lower saturation bound": ("mulquant.v", "q_q <= lo_i[OUT_W-1:0];", "q_q <= lo_i[OUT_W-1:0] + 1'b1;"),
    "zero point dropped": ("mulquant.v", "rounded_q + {{(R_W - OUT_W - 1)", "rounded_q + 0 * {{(R_W - OUT_W - 1)"),
    "weight sign": ("mac_pe.v", "wire signed [W_W-1:0]     weight  =", "wire        [W_W-1:0]     weight  ="),
    "product sign extension": ("mac_pe.v", "{product[A_W+W_W-1]}}", "{1'b0}}"),
    "psum sign extension": ("accumulator.v", "{psum_i[PSUM_W-1]}}", "{1'b0}}"),
    "window address off by one": ("window_row.v", "px_base_i + offset;", "px_base_i + offset + 1'b1;"),
    "padding edge": ("window_row.v", "(iy < in_h_i)", "(iy <= in_h_i)"),
    "window row counter": ("tile_loader.v", "dy_q      <= dy_q + dil_h_i;", "dy_q      <= dy_q;"),
    "input zero point": ("window_row.v", "x_wide - zero_point_i", "x_wide"),
    "accumulator never cleared": ("accumulator.v", "clear_i ? {ACC_W{1'b0}} : stored", "stored"),
    "swap one tile late": ("mac_pe.v", "swap_i ? shadow_q : active_q", "active_q"),
    "stride ignored": ("pixel_sequencer.v", "iy0_q + stride_h_i", "iy0_q + 16'd1"),
    "tlast on every pixel": ("layer_engine.v", "{sum_last, sum_last_col}", "{1'b1, sum_last_col}"),
    "tlast one word early": ("pixel_sequencer.v", "last_px & last_k & last_col;", "next_is_last & last_k & last_col;"),
    "done with tvalid": ("layer_engine.v", "done_o  <= busy_q & out_pop &", "done_o  <= busy_q & m_axis_tvalid_o &"),
    "ready while busy": ("layer_engine.v", "s_axis_tready_o = ~busy_q;", "s_axis_tready_o = 1'b1;"),
    "never busy": ("layer_engine.v", "assign busy_o = busy_q;", "assign busy_o = 1'b0;"),
    "start while busy": ("layer_engine.v", "start_i & ~busy_q;", "start_i;"),
    "a word after done": (
        "layer_engine.v",
        ".s_axis_tvalid_i(lane_valid[0])",
        ".s_axis_tvalid_i(lane_valid[0] | late_q[11])",
    ),
    "last output lost": ("layer_engine.v", "psum_valid & sum_complete", "psum_valid & sum_complete & ~sum_last"),
}


HELPERS = {
    # what a mutant needs besides its one changed place: (file, after which line, declarations)
    "next_is_last": (
        "pixel_sequencer.v",
        "    wire first_px = (index_q == {ACC_ADDR_W{1'b0}});\n",
        "    wire next_is_last = (ox_q == out_w_i - 16'd2) & last_oy & (image_q == images_i - 16'd1);\n",
    ),
    "late_q": (
        "layer_engine.v",
        "    wire fifo_ready, out_last_col;\n",
        "    reg [11:0] late_q;\n    always @(posedge clk_i) late_q <= rst_ni ? {late_q[10:0], done_o} : 12'd0;\n",
    ),
}
NEEDS_STALL = {"done with tvalid"}
OTHER_REPORTS = {
    "tlast on every pixel": "tlast does not mark the last word",
    "tlast one word early": "tlast does not mark the last word",
    "done with tvalid": "done did not come one cycle after the last word",
    "ready while busy": "busy_o does not span start",
    "start while busy": "no done after",
    "never busy": "busy_o does not span start",
    "a word after done": "output words came after the last done",
    "last output lost": "output words came",
}


def mutate(folder: Path, file: str, original: str, mutant: str) -> Path:
    """Copy the RTL and change one place of one file."""
    rtl = folder / "rtl"
    shutil.copytree(RTL, rtl)
    for name, (target, line, declarations) in HELPERS.items():
        if name in mutant:
            before = (rtl / target).read_text()
            assert before.count(line) == 1
            (rtl / target).write_text(before.replace(line, line + declarations))
    text = (rtl / file).read_text()
    assert text.count(original) == 1, f"{file} holds {original!r} {text.count(original)} times"
    (rtl / file).write_text(text.replace(original, mutant))
    return rtl


@pytest.fixture(scope="module")
def strided() -> Package:
    """A layer with zero points, padding, stride, several K tiles, and saturation at both ends."""
    return layer_package(LayerShape(channels=5, out=6, stride=(2, 2), size=(7, 7), x_signed=True), seed=7, samples=1)


@pytest.mark.parametrize("name", MUTANTS)
def test_rtl_mutant_is_killed_and_placed(name: str, strided: Package, sim_output: Path, tmp_path: Path) -> None:
    rtl = mutate(tmp_path, *MUTANTS[name])
    stall = "none,p90" if name in NEEDS_STALL else "none"
    result = job_for(strided, sim_output, layer="layer", rtl=rtl, stall=stall).run()
    assert not result.passed
    report = "; ".join(result.reasons)
    assert re.search(OTHER_REPORTS.get(name, COORDINATE.replace("conv2", "layer")), report), report


BATCH_MUTANTS = {
    "load address not rewound": ("layer_engine.v", "s_axis_tlast_i ? {ACT_ADDR_W{1'b0}} : load", "1'b0 ? 0 : load"),
    "loader never idle": ("tile_loader.v", "if (last_col) busy_q <= 1'b0;", ""),
}


@pytest.mark.parametrize("name", BATCH_MUTANTS)
def test_mutant_that_only_a_second_batch_shows(name: str, sim_output: Path, tmp_path: Path) -> None:
    """Two images in a memory of one: the engine loads and runs twice."""
    hardware = Hardware(rows=4, cols=4, act_depth=40)
    package = layer_package(LayerShape(channels=3, out=6), samples=2)
    rtl = mutate(tmp_path, *BATCH_MUTANTS[name])
    request = LayerRequest(layer="layer", images=2, rtl=rtl)
    assert not prepare_layer(package, "random", request, hardware, find_simulator("icarus"), sim_output).run().passed


def test_the_unmutated_strided_layer_is_green(strided: Package, sim_output: Path) -> None:
    assert job_for(strided, sim_output, layer="layer").run().passed


UNIT_MUTANTS = {
    "half_up as half_away": ("mulquant", "mulquant.v", "rounding_i == HALF_EVEN & ~shifted[1]", "tie & negative"),
    "half_even ties upwards": ("mulquant", "mulquant.v", "HALF_EVEN & ~shifted[1]", "HALF_EVEN & shifted[1]"),
    "half_away as half_up": ("mulquant", "mulquant.v", "HALF_AWAY & negative", "HALF_AWAY & 1'b0"),
    "logical shift": ("mulquant", "mulquant.v", "doubled >>> shift_q", "doubled >> shift_q"),
    "stall ignored": ("mulquant", "mulquant.v", "m_axis_tvalid_o & ~m_axis_tready_i;", "1'b0;"),
    "reset ignored": ("mulquant", "mulquant.v", "valid3_q <= 1'b0;", "valid1_q <= 1'b0;"),
    "one stage less": ("mulquant", "mulquant.v", "valid2_q  <= valid1_q;", "valid2_q  <= s_axis_tvalid_i;"),
    "valid stuck at 0": ("mulquant", "mulquant.v", "m_axis_tvalid_o = valid3_q", "m_axis_tvalid_o = 1'b0"),
    "unknown data": ("mulquant", "mulquant.v", "m_axis_tdata_o  = q_q", "m_axis_tdata_o  = q_q ^ {OUT_W{1'bx}}"),
    "weight taken twice": ("systolic_array", "mac_pe.v", "w_valid_i & ~take;", "w_valid_i;"),
    "swap clears nothing": ("systolic_array", "mac_pe.v", "take | (full_q & ~swap_i)", "take | full_q"),
    "full not reset": ("systolic_array", "mac_pe.v", "            full_q    <= 1'b0;\n", ""),
    "latency": (
        "systolic_array",
        "systolic_array.v",
        "localparam LATENCY = ROWS + COLS - 1;",
        "localparam LATENCY = ROWS + COLS;",
    ),
    "operand not skewed": ("systolic_array", "skew.v", "LANES - 1 - k : k;", "LANES - 1 - k : 0;"),
}


@pytest.mark.parametrize("name", UNIT_MUTANTS)
def test_unit_mutant_is_killed(name: str, sim_output: Path, tmp_path: Path) -> None:
    unit, *change = UNIT_MUTANTS[name]
    outcome = run_unit(unit, find_simulator("icarus"), sim_output, rtl=mutate(tmp_path, *change))
    assert not outcome.passed


def test_x_on_an_output_is_seen(package: Package, sim_output: Path, tmp_path: Path) -> None:
    """One unknown bit in one lane, for one value only."""
    rtl = mutate(tmp_path, "mulquant.v", "m_axis_tdata_o  = q_q;", "m_axis_tdata_o  = (q_q == 8'd3) ? 8'bx : q_q;")
    result = job_for(package, sim_output, rtl=rtl).run()
    assert not result.passed
    assert re.search(r"layer conv2: output \(.*\): expected 3 \(0x03\), actual X \(unknown\)", result.reasons[0])


def test_missing_done_is_a_timeout_that_names_the_interface(package: Package, sim_output: Path, tmp_path: Path) -> None:
    rtl = mutate(tmp_path, "layer_engine.v", "done_o  <= busy_q & out_pop & m_axis_tlast_o;", "done_o  <= 1'b0;")
    result = job_for(package, sim_output, layer="conv1", rtl=rtl).run()
    assert not result.passed
    assert any(re.search(r"no done after \d+ cycles: the engine is idle", reason) for reason in result.reasons)
    assert any("0 done pulses came, 1 were expected" in reason for reason in result.reasons)


def test_a_stuck_output_names_the_interface(package: Package, sim_output: Path, tmp_path: Path) -> None:
    rtl = mutate(tmp_path, "axis_fifo.v", "assign m_axis_tvalid_o = ~empty;", "assign m_axis_tvalid_o = 1'b0;")
    result = job_for(package, sim_output, layer="conv1", rtl=rtl).run()
    assert not result.passed
    assert any("m_axis gives no tvalid" in reason for reason in result.reasons)


def test_payload_that_moves_while_stalled(package: Package, sim_output: Path, tmp_path: Path) -> None:
    rtl = mutate(
        tmp_path, "axis_fifo.v", "mem[tail_q[DEPTH_W-1:0]];", "mem[tail_q[DEPTH_W-1:0]] ^ {{(W-1){1'b0}}, head_q[0]};"
    )
    result = job_for(package, sim_output, layer="conv1", stall="none,p90", rtl=rtl).run()
    assert any("payload changed while stalled" in reason for reason in result.reasons)


def test_one_credit_too_many_overflows_a_full_fifo(package: Package, sim_output: Path, tmp_path: Path) -> None:
    """The output is blocked for longer than the FIFO is deep, and there is more to come."""
    credits = "CREDITS = {1'b1, {FIFO_DEPTH_W{1'b0}}};"
    for mutant in (credits, credits.replace(";", " + 1'b1;")):
        folder = tmp_path / str(len(mutant))
        rtl = mutate(folder, "layer_engine.v", credits, mutant)
        result = job_for(package, sim_output, layer="conv1", stall="none,blocked", rtl=rtl).run()
        assert result.passed == (mutant == credits)
    assert any("output words came" in reason for reason in result.reasons)


def test_zero_comparisons_fail(package: Package, sim_output: Path) -> None:
    job = job_for(package, sim_output)
    description = json.loads((job.folder / "job.json").read_text())
    description["batches"] = []
    (job.folder / "job.json").write_text(json.dumps(description))
    result = job.run()
    assert not result.passed
    assert "nothing was compared" in result.reasons


def test_a_bench_that_does_not_run_fails(package: Package, sim_output: Path) -> None:
    result = job_for(package, sim_output, tests=("no_such_test",)).run()
    assert not result.passed
    assert any("0 of 1 benches ran" in reason for reason in result.reasons)


def test_half_the_images_missing_fail(package: Package, sim_output: Path) -> None:
    """The run loads one image where two are expected: a count, not silence."""
    job = prepare_layer(
        package, package.name, LayerRequest(layer="conv1", images=2), HARDWARE, find_simulator("icarus"), sim_output
    )
    description = json.loads((job.folder / "job.json").read_text())
    description["batches"][0] |= {"images": 1, "last_words": job.program.last_words(1)}
    (job.folder / "job.json").write_text(json.dumps(description))
    result = job.run()
    assert not result.passed
    assert any("output words came" in reason or "not all" in reason for reason in result.reasons)
