"""Proof that the harness can fail: every planted fault turns a run red, and the report says where."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import Cosimulation, prepare
from t2c.tb.cosim.request import MAIN_TEST, RunRequest
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from tests.core_net import core_package
from tests.tb.rtl_mutants import COORDINATE, MUTANTS, PLACE, assert_killed, plant

pytestmark = pytest.mark.slow

_ROOMY = {"act_depth": 1 << 10, "wgt_depth": 1 << 11, "par_depth": 64, "acc_depth": 20, "prg_depth": 1 << 11}
CORES = {
    "plain": Hardware(rows=4, cols=4, **_ROOMY),
    "groups": Hardware(rows=4, cols=2, **_ROOMY),
    "packed": Hardware(rows=8, cols=8, **_ROOMY),
    "usual": Hardware(rows=8, cols=8),
    "tight": Hardware(rows=4, cols=4, **_ROOMY | {"act_depth": 80, "wgt_depth": 36, "par_depth": 4, "acc_depth": 6}),
}


@pytest.fixture(scope="module")
def net() -> Package:
    return core_package()


def job_for(
    package: Package, output: Path, *, core: str = "plain", simulator: str = "icarus", **request: object
) -> Cosimulation:
    wanted = RunRequest(**{"layer": "stem", **request})  # type: ignore[arg-type]
    return prepare(package, package.name, wanted, CORES[core], find_simulator(simulator), output)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("core", "run"),
    [
        ("plain", {"layer": "all", "images": 2}),
        ("groups", {"layer": "sum"}),
        ("groups", {"layer": "stem"}),
        ("packed", {"layer": "stem"}),
        ("tight", {"layer": "wide"}),
        ("plain", {"layer": "stem", "stall": "none,blocked"}),
        ("plain", {"layer": "stem", "stall": "none,p90"}),
    ],
    ids=str,
)
def test_the_untouched_run_is_green(core: str, run: dict[str, object], net: Package, tmp_path: Path) -> None:
    """The control of every test below."""
    result = job_for(net, tmp_path, core=core, **run).run()
    assert result.passed, result.reasons
    assert result.figures["cycles"] >= result.figures["expected_cycles"]


@pytest.mark.sample(48)
@pytest.mark.parametrize("name", MUTANTS)
def test_rtl_mutant_is_killed_and_placed(name: str, net: Package, tmp_path: Path) -> None:
    """By a simulation that runs to its end or to its time-out, and by the reason that the fault should give."""
    fault = MUTANTS[name]
    rtl = plant(tmp_path, fault.file, fault.original, fault.mutant)
    run = {"layer": fault.layer, "images": fault.images, "stall": fault.stall, "tests": fault.tests}
    result = job_for(net, tmp_path, core=fault.core, rtl=rtl, **run).run()
    assert not result.passed
    report = "; ".join(result.reasons)
    assert re.search(fault.report, report), report


UNIT_MUTANTS = {
    # name: (unit, the bench's test that must fail, file, original, mutant)
    "half_up as half_away": ("mulquant", "corners", "mulquant.v", "HALF_EVEN & ~halves_q[1]", "HALF_UP & negative5_q"),
    "half_even ties upwards": (
        "mulquant",
        "corners",
        "mulquant.v",
        "HALF_EVEN & ~halves_q[1]",
        "HALF_EVEN & halves_q[1]",
    ),
    "half_away as half_up": ("mulquant", "corners", "mulquant.v", "HALF_AWAY & negative5_q", "HALF_AWAY & 1'b0"),
    "logical shift": ("mulquant", "corners", "mulquant.v", "doubled >>> coarse", "doubled >> coarse"),
    "stall ignored": ("mulquant", "stalls", "mulquant.v", "m_axis_tvalid_o & ~m_axis_tready_i;", "1'b0;"),
    "reset ignored": ("mulquant", "reset_in_mid_stream", "mulquant.v", "valid7_q <= 1'b0;", "valid1_q <= 1'b0;"),
    "one stage less": ("mulquant", "latency", "mulquant.v", "valid2_q <= valid1_q;", "valid2_q <= s_axis_tvalid_i;"),
    "valid stuck at 0": ("mulquant", "latency", "mulquant.v", "tvalid_o = valid7_q", "tvalid_o = 1'b0"),
    "partial not held": ("mulquant", "pairs", "mulquant.v", "partial_q ? p_q :", "1'b0 ? p_q :"),
    "partial gives a result": ("mulquant", "pairs", "mulquant.v", "valid2_q & ~partial2_q;", "valid2_q;"),
    "partial for ever": ("mulquant", "pairs", "mulquant.v", "<= partial2_q;", "<= partial2_q | partial_q;"),
    "partial not reset": ("mulquant", "reset_in_mid_stream", "mulquant.v", "            partial_q <= 1'b0;\n", ""),
    "partial forgotten in a gap": (
        *("mulquant", "pairs", "mulquant.v"),
        "if (valid2_q) begin",
        "if (!valid2_q) partial_q <= 1'b0; else begin",
    ),
    "bias added twice in a pair": (
        *("mulquant", "pairs", "mulquant.v"),
        "partial_q ? p_q :",
        "(partial_q ? p_q : {P_W{1'b0}}) +",
    ),
    "shift of the first": (
        "mulquant",
        "pairs",
        "mulquant.v",
        "shift_q   <= {",
        "if (~partial_q) shift_q <= {",
    ),
    "p holds one product": (
        *("mulquant", "pairs", "mulquant.v"),
        "{negative}}, p_q, 1'b0};",
        "{p_q[P_W-3]}}, {2{p_q[P_W-3]}}, p_q[P_W-3:0], 1'b0};",
    ),
    "unknown data": ("mulquant", "latency", "mulquant.v", "tdata_o  = q_q", "tdata_o  = q_q ^ {OUT_W{1'bx}}"),
    "weights not skewed": ("systolic_array", "random_tiles", "systolic_array.v", ".STEP(PACK)", ".STEP(0)"),
    "a row for no word": ("systolic_array", "gaps", "systolic_array.v", "if (w_valid_i) row_q", "row_q"),
    "row not reset": (
        *("systolic_array", "reset_in_mid_stream", "systolic_array.v"),
        "        if (!rst_ni) row_q <= {ROW_W{1'b0}};\n",
        "",
    ),
    "latency": ("systolic_array", "latency", "pipeline.vh", "= ROWS / SPAN + COLS + 1;", "= ROWS / SPAN + COLS + 2;"),
    "operand not skewed": ("systolic_array", "random_tiles", "skew.v", "LANES - 1 - k : k);", "LANES - 1 - k : 0);"),
}


@pytest.mark.sample(24)
@pytest.mark.parametrize("name", UNIT_MUTANTS)
def test_unit_mutant_is_killed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the named test that runs and fails."""
    unit, test, *change = UNIT_MUTANTS[name]
    narrow = {"ACC_W": 12, "SCALE_W": 6, "BIAS_W": 16, "SHIFT_W": 5} if unit == "mulquant" else {}
    assert_killed(monkeypatch, unit, test, tmp_path, plant(tmp_path, *change), parameters=narrow)


# ------------------------------------------------------------------ faults in what is expected, and in what is fed


@pytest.mark.sample(3)
@pytest.mark.parametrize("simulator", SIMULATORS)
def test_one_wrong_expected_value(simulator: str, net: Package, sim_output: Path) -> None:
    """Channel 5 of pixel y 2, x 5: the second column tile's second column, or the sixth one of eight."""
    core, word, lane = ("plain", 42 + 17, 1) if simulator == "icarus" else ("usual", 17, 5)
    job = job_for(net, sim_output, core=core, simulator=simulator)
    expected = np.load(job.folder / "expected_0.npy")
    right = int(expected[word, lane])
    expected[word, lane] ^= 1
    np.save(job.folder / "expected_0.npy", expected)
    result = job.run()
    assert not result.passed
    assert result.figures["mismatches"] == 1
    assert result.reasons[0] == (
        f"layer stem: output (n=0, c=5, y=2, x=5): expected {right ^ 1} (0x{(right ^ 1) & 255:02x}), "
        f"actual {right} (0x{right & 255:02x}); array column {lane}"
    )


def test_one_wrong_expected_output(net: Package, sim_output: Path) -> None:
    """What the host receives is compared on its own."""
    job = job_for(net, sim_output)
    expected = np.load(job.folder / "output_0.npy")
    expected[8, 2] ^= 4
    np.save(job.folder / "output_0.npy", expected)
    result = job.run()
    assert result.reasons[0].startswith(
        "run 0: 1 values at the host differ, the first in output word 8, bank 2: expect"
    )


@pytest.mark.sample(3)
@pytest.mark.parametrize("field", ["address", "group"])
def test_one_wrong_place(field: str, net: Package, sim_output: Path) -> None:
    job = job_for(net, sim_output, core="groups")
    trace = dict(np.load(job.folder / "trace.npz"))
    trace[field][9] ^= 1
    np.savez(job.folder / "trace.npz", **trace)
    result = job.run()
    assert not result.passed
    assert re.search(
        r"run 0: result word 9 went to address \d+, banks \d\.\.\d; expected .* \(1 words", result.reasons[0]
    )


def word_of(step: int, field: str) -> int:
    """Place of a field of a step in the program memory."""
    return step * DESCRIPTOR_WORDS + next(entry.index for entry in FIELDS if entry.name == field)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("image", "word", "bit"),
    [
        ("weights", 17, 6),
        ("params", 1, 13),  # of a multiplier; a lower bit may change no output
        ("host", 20, 5),
        ("program", word_of(1, "pad_h"), 0),
        ("program", word_of(1, "out_base"), 1),
        ("program", word_of(1, "hold"), 0),
        ("program", word_of(1, "op"), 3),  # an operation that does not exist
        ("program", word_of(0, "words"), 0),  # one word less to load
    ],
)
def test_one_wrong_memory_word(image: str, word: int, bit: int, net: Package, sim_output: Path) -> None:
    job = job_for(net, sim_output)
    path = job.prepared.plusargs[image]
    if image == "host":  # octets, the most significant of a word first
        octets, size = bytearray(path.read_bytes()), job.prepared.host.image.shape[1]
        octets[(word + 1) * size - 1 - bit // 8] ^= 1 << bit % 8
        path.write_bytes(octets)
    else:
        lines = path.read_text().splitlines()
        lines[word] = f"{int(lines[word], 16) ^ 1 << bit:0{len(lines[word])}x}"
        path.write_text("\n".join(lines) + "\n")
    result = job.run()
    assert not result.passed
    report = "; ".join(result.reasons)
    wanted = {
        word_of(1, "op"): "STATUS = 4, ERROR = 1 at layer 1",
        word_of(0, "words"): "STATUS = 4, ERROR = 2 at layer 0",
        word_of(1, "out_base"): PLACE,
        word_of(1, "hold"): "0 result words came, 84 were expected",
    }
    assert re.search(wanted.get(word, COORDINATE) if image == "program" else COORDINATE, report), report


def test_x_on_an_output_is_seen(net: Package, tmp_path: Path) -> None:
    """One unknown bit in one lane, for one value only."""
    rtl = plant(tmp_path, "mulquant.v", "m_axis_tdata_o  = q_q;", "m_axis_tdata_o  = (q_q == 8'd3) ? 8'bx : q_q;")
    result = job_for(net, tmp_path, rtl=rtl).run()
    assert not result.passed
    assert re.search(r"layer stem: output \(.*\): expected 3 \(0x03\), actual X \(unknown\)", result.reasons[0])


def test_x_on_a_control_signal_is_seen(net: Package, tmp_path: Path) -> None:
    rtl = plant(tmp_path, "stream_loader.v", "s_axis_tready_o = busy_q;", "s_axis_tready_o = busy_q ? 1'b1 : 1'bx;")
    assert "X on a control signal" in job_for(net, tmp_path, rtl=rtl).run().reasons


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("change", "interface"),
    [
        (
            ("axis_fifo.v", "m_axis_tvalid_o = ~empty;", "m_axis_tvalid_o = 1'b0;"),
            "the core is busy, m_axis gives no t",
        ),
        (("program_sequencer.v", "load_o  = issue_q & load_q;", "load_o  = 1'b0;"), "s_axis waits for tready"),
        (
            ("core_registers.v", "assign start_o          = start_q;", "assign start_o = 1'b0;"),
            "s_axis waits for tready",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_a_time_out_names_the_interface(
    change: tuple[str, str, str], interface: str, net: Package, tmp_path: Path
) -> None:
    result = job_for(net, tmp_path, rtl=plant(tmp_path, *change)).run()
    assert not result.passed
    assert any(
        re.search(rf"run 0: not done after \d+ cycles, in layer .*: {interface}", reason) for reason in result.reasons
    )


# ------------------------------------------------------------------ runs that prove nothing


def change_job(job: Cosimulation, change: Callable[[dict[str, object]], object]) -> None:
    description = json.loads((job.folder / "job.json").read_text())
    change(description)
    (job.folder / "job.json").write_text(json.dumps(description))


def test_zero_comparisons_fail(net: Package, sim_output: Path) -> None:
    job = job_for(net, sim_output)
    change_job(job, lambda description: description.update(runs=0))
    result = job.run()
    assert not result.passed
    assert any("no verdict" in reason or "nothing was compared" in reason for reason in result.reasons)


def test_a_bench_that_does_not_run_fails(net: Package, sim_output: Path) -> None:
    result = job_for(net, sim_output, tests=("no_such_test",)).run()
    assert not result.passed
    assert any("0 of 1 benches ran" in reason for reason in result.reasons)


def test_one_of_two_benches_is_not_enough(net: Package, sim_output: Path) -> None:
    result = job_for(net, sim_output, tests=(MAIN_TEST, "no_such_test")).run()
    assert not result.passed
    assert any("of 2 benches ran" in reason for reason in result.reasons)


def test_half_the_images_missing_fail(net: Package, sim_output: Path) -> None:
    """The bench runs one image where two are expected: a count, not silence."""
    job = job_for(net, sim_output, layer="all", images=2)
    change_job(job, lambda description: description.update(runs=1))
    result = job.run()
    assert not result.passed
    assert any(re.search(r"\d+ values compared, not all \d+", reason) for reason in result.reasons)


def test_the_verdict_of_another_run_does_not_count(net: Package, sim_output: Path) -> None:
    """A bench that dies leaves the folder of the run before it as it was."""
    job = job_for(net, sim_output)
    assert job.run().passed
    change_job(job, lambda description: description.update(nonce="0" * 16))
    stale = dataclasses.replace(job, request=dataclasses.replace(job.request, tests=("no_such_test",)))
    result = stale.run()
    assert not result.passed
    assert "the verdict belongs to another run" in result.reasons


def test_a_new_run_removes_the_old_verdict(net: Package, sim_output: Path) -> None:
    job = job_for(net, sim_output)
    assert job.run().passed
    again = job_for(net, sim_output, tests=("no_such_test",)).run()
    assert any("the bench gave no verdict" in reason for reason in again.reasons)
