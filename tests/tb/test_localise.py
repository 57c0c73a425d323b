"""Localisation: faults planted at known places are found there, with the values and the cycle, and an FST shows
them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from t2c.common.places import RTL
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package, load_package
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import Diagnosis, diagnose
from t2c.tb.cosim.request import RunRequest, Waves
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import find_simulator
from tests.core_net import core_package
from tests.random_layers import LayerShape, layer_package
from tests.tb.rtl_mutants import plant

pytestmark = pytest.mark.slow

HARDWARE = Hardware(rows=4, cols=4)


@dataclass(frozen=True)
class Fault:
    """One changed place. layer: the first that must diverge; unit, text: what the finding must say; alone: run only
    that layer, which is quicker."""

    file: str
    original: str
    mutant: str
    layer: str
    unit: str
    text: str
    alone: bool = True


FAULTS = {
    "one PE of the array": Fault(
        "systolic_array.v",
        ".psum_i(psum_net[r*GROUPS+g])",
        ".psum_i(psum_net[r*GROUPS+g] + ((r == 2 && g == 1) ? 1 : 0))",
        "conv1",
        "mac_pe",
        r"array: PE \(row 2, column 1\), column tile 0, K tile 0, k = 2: partial sum is (-?\d+) .*, expected (-?\d+) ",
    ),
    "accumulator": Fault(
        "accumulator.v",
        "keep ? stored_q : base + wide",
        "keep ? stored_q : base + wide + ((base[5:0] == 6'd33) ? 32'sd4096 : 32'sd0)",
        "conv1",
        "accumulator",
        r"accumulator, column \d, after column tile \d, K tile \d+: (-?\d+) .*, expected (-?\d+) .*column sum is right",
        alone=False,
    ),
    "MulQuant": Fault(
        "mulquant.v",
        "q_q <= hi_i[OUT_W-1:0];",
        "q_q <= hi_i[OUT_W-1:0] - 1'b1;",
        "conv3",
        "mulquant",
        r"accumulator is right, the result is not: acc = -?\d+, M = -?\d+, B = -?\d+, S = \d+, zp = 0, clip 0..255: "
        r"-2 \(0xfe\), expected 255",
    ),
    "second operand of the residual add": Fault(
        "mulquant.v",
        "addend = partial_q ? p_q :",
        "addend = partial_q ? p_q + 1000000 :",
        "add",
        "mulquant",
        r"the result is not: acc = -?\d+, M = -?\d+, B = 0, S = \d+, first operand p = -?\d+",
    ),
    "window address": Fault(
        "window_row.v",
        "px_base_i + offset;",
        "px_base_i + offset + (ix == 16'd3);",
        "conv1",
        "window_row",
        r"window address: row \d, tap \(i=\d, j=\d\), channel word 0: reads address (\d+), expected (\d+)",
    ),
    "window padding": Fault(
        "window_row.v",
        "(iy < in_h_i)",
        "(iy <= in_h_i)",
        "conv1",
        "window_row",
        r"row \d, tap \(i=2, j=\d\), channel word 0: operand is (?:X|-?\d+) .*, expected 0",
    ),
    "pixel sequencer": Fault(
        "pixel_sequencer.v",
        "iy0_q + stride_h_i;",
        "iy0_q + stride_h_i + (oy_q == 16'd4);",
        "conv1",
        "pixel_sequencer",
        r"pixel \(n=0, y=[5-7], x=\d\) of column tile \d, K tile 0: iy0 is (\d), expected (\d)",
    ),
    "parameter address": Fault(
        "pixel_sequencer.v",
        "param_q    <= param_q + {{(PAR_ADDR_W - 2) {1'b0}}, pair_i, ~pair_i};",
        "param_q    <= param_q;",
        "conv1",
        "layer_engine",
        r"parameter memory, column \d: lane is 0x[0-9a-f]+, expected 0x[0-9a-f]+ \(M = ",
    ),
}


MISPLACED = Fault(
    "output_writer.v",
    "assign addr_o  = addr_q;",
    "assign addr_o  = addr_q + (image_q == 16'd0 & pixel_q == 24'd9);",
    "conv1",
    "output_writer",
    r"address of a result: layer conv1: run 0: result word 9 went to address \d+, banks 0..3; expected address \d+",
)


@pytest.fixture(scope="module")
def package(examples: Path) -> Package:
    return load_package(examples / "digits_w8a8")


def run_with(fault: Fault, package: Package, folder: Path, output: Path) -> tuple[RunResult, Diagnosis | None]:
    rtl = plant(folder, fault.file, fault.original, fault.mutant)
    request = RunRequest(layer=fault.layer if fault.alone else "all", images=1, rtl=rtl)
    simulator = find_simulator("icarus")
    with locked_cosimulation(package, "examples/digits_w8a8", request, HARDWARE, simulator, output) as job:
        result = job.run()
        return result, diagnose(job, result)


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_placed(name: str, package: Package, tmp_path: Path, sim_output: Path) -> None:
    fault = FAULTS[name]
    result, diagnosis = run_with(fault, package, tmp_path, sim_output)
    assert not result.passed
    assert result.reasons[0].startswith(f"layer {fault.layer}: output (n=0, c="), result.reasons
    assert diagnosis is not None
    finding = diagnosis.finding
    assert finding.unit == fault.unit, finding.text
    found = re.search(fault.text, finding.text)
    assert found, finding.text
    assert len(set(found.groups())) == len(found.groups()), "actual and expected differ"
    assert finding.text.endswith(f"; cycle {finding.cycle}")


TIGHT = Hardware(rows=4, cols=4, act_depth=80, wgt_depth=36, par_depth=4, acc_depth=6, prg_depth=1 << 14)
"""Sums of core_package's layer `wide` are split over several RUN steps here."""


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("file", "original", "mutant", "hardware", "layer", "unit"),
    [
        pytest.param(
            "mulquant.v",
            "q_q <= moved_q[OUT_W-1:0];",
            "q_q <= moved_q[OUT_W-1:0] ^ {{(OUT_W - 1) {1'b0}}, (zero_point_i == 11) & (moved_q[3:0] == 4'd5)};",
            Hardware(rows=4, cols=4, act_depth=1024),
            "all",
            "mulquant",
            id="MulQuant, behind banks without a channel",
        ),
        pytest.param(
            "mulquant.v",
            "q_q <= hi_i[OUT_W-1:0];",
            "q_q <= hi_i[OUT_W-1:0] - 1'b1;",
            TIGHT,
            "wide",
            "mulquant",
            id="MulQuant, behind a split sum",
        ),
        pytest.param(
            "layer_engine.v",
            ".a_data_i(operands)",
            ".a_data_i(operands ^ {{(ROWS * A_W - 1) {1'b0}}, desc_i[D_HOLD*32]})",
            TIGHT,
            "wide",
            "mac_pe",
            id="operand, in the first part of a split sum",
        ),
        pytest.param(
            "program_sequencer.v",
            "wire is_run    = (op == OP_RUN);",
            "wire is_run    = (op == OP_RUN) & (desc_o[D_LAYER*32+:16] != 16'd3 | ~desc_o[D_IMAGES*32]);",
            Hardware(rows=4, cols=4, act_depth=1024),
            "all",
            None,
            id="a step that stops the program",
        ),
    ],
)
def test_split_sums_and_idle_banks(
    file: str, original: str, mutant: str, hardware: Hardware, layer: str, unit: str | None, tmp_path: Path
) -> None:
    """unit None: no value differs, or none can be followed; the run fails all the same, and nobody is blamed."""
    fault = Fault(file, original, mutant, layer, unit or "", "")
    rtl = plant(tmp_path, fault.file, fault.original, fault.mutant)
    request = RunRequest(layer=layer, images=1, rtl=rtl)
    with locked_cosimulation(
        core_package(), "random", request, hardware, find_simulator("icarus"), tmp_path / "out"
    ) as job:
        result = job.run()
        diagnosis = diagnose(job, result)
    assert result.verdict == "FAIL"
    if unit is None:
        assert diagnosis is None or diagnosis.finding.unit == "program_sequencer"
    else:
        assert diagnosis is not None
        assert diagnosis.finding.unit == unit, diagnosis.finding.text


def test_a_result_at_a_wrong_address_is_blamed_on_the_writer(
    package: Package, tmp_path: Path, sim_output: Path
) -> None:
    """Its value is right; the wrong operands of the next layer are only a consequence."""
    result, diagnosis = run_with(MISPLACED, package, tmp_path, sim_output)
    assert not result.passed
    assert diagnosis is not None
    assert diagnosis.finding.unit == MISPLACED.unit
    assert re.search(MISPLACED.text, diagnosis.finding.text), diagnosis.finding.text


def test_the_waveform_is_around_the_cycle_and_the_command_replays_it(
    package: Package, tmp_path: Path, sim_output: Path
) -> None:
    fault = FAULTS["one PE of the array"]
    _, diagnosis = run_with(fault, package, tmp_path, sim_output)
    assert diagnosis is not None
    assert diagnosis.waves is not None
    assert diagnosis.waves.stat().st_size > 1000
    cycle = diagnosis.finding.cycle
    assert cycle is not None
    window = re.search(r"--waves (\d+):(\d+)$", diagnosis.replay)
    assert window is not None
    assert int(window[1]) <= cycle <= int(window[2])
    # The replay's request gives a waveform of these cycles and stops there.
    waves = Waves.parse(f"{window[1]}:{window[2]}")
    request = RunRequest(layer=fault.layer, images=1, rtl=tmp_path / "rtl", waves=waves)
    simulator = find_simulator("icarus")
    with locked_cosimulation(package, "examples/digits_w8a8", request, HARDWARE, simulator, sim_output) as job:
        result = job.run()
    assert result.verdict == "STOPPED"
    assert "stopped with the waveform's last cycle" in result.reasons[0]
    assert Path(result.figures["waves"]).stat().st_size > 1000


def test_a_fault_that_does_not_show_again_is_not_blamed_on_anything(package: Package, sim_output: Path) -> None:
    """A mismatch that comes from the expectation, not from the RTL: every signal on the way is right."""
    request = RunRequest(layer="conv1", images=1)
    simulator = find_simulator("icarus")
    with locked_cosimulation(package, "examples/digits_w8a8", request, HARDWARE, simulator, sim_output) as job:
        expected = np.load(job.folder / "expected_0.npy")
        expected[3, 1] ^= 1
        np.save(job.folder / "expected_0.npy", expected)
        result = job.run()
        diagnosis = diagnose(job, result)
    assert not result.passed
    assert diagnosis is not None
    assert diagnosis.finding.unit in ("", "mulquant")


def test_a_tile_that_follows_without_a_gap_was_loaded(tmp_path: Path) -> None:
    """The second K tile of a map so large that the probe records it apart from the first."""
    shutil.copytree(RTL, tmp_path / "rtl")
    path = tmp_path / "rtl" / "window_row.v"
    path.write_text(path.read_text().replace("(ix < in_w_i)", "(ix < in_w_i & dx != 16'd1)"))
    package = layer_package(LayerShape(channels=4, out=4, size=(16, 16)))
    request = RunRequest(layer="layer", rtl=tmp_path / "rtl")
    with locked_cosimulation(package, "random", request, HARDWARE, find_simulator("icarus"), tmp_path) as job:
        diagnosis = diagnose(job, job.run())
    assert diagnosis is not None
    assert diagnosis.finding.unit == "window_row", diagnosis.finding.text
