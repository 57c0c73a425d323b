"""Localisation through the row engine: to the stage at which a row is first wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from t2c.golden.graph.package import Package
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import Diagnosis, diagnose
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import find_simulator
from tests.row_net import row_package
from tests.tb.rtl_mutants import plant
from tests.tb.test_row_layers_rtl import SIZES

pytestmark = pytest.mark.slow

WRONG = r" is (-?\d+), expected (-?\d+); cycle \d+$"


@dataclass(frozen=True)
class Fault:
    """One changed place. layer: the first that must diverge; unit, text: what the finding must say."""

    file: str
    original: str
    mutant: str
    layer: str
    unit: str
    text: str


FAULTS = {
    "another row is read": Fault(
        "row_feeder.v", "addr_q     <= next_row;", "addr_q     <= next_row + (row_q == 24'd4);",
        "few", "row_feeder", r"row 5: address of elements 0 on" + WRONG,
    ),
    "a row ends early": Fault(
        "row_feeder.v", "last_q        <= last_beat;", "last_q        <= last_beat | (row_q == 24'd3);",
        "few", "row_feeder", r"row 3: end in the beat of elements 0 on" + WRONG,
    ),
    "N": Fault(
        "row_sums.v", "{{LEN_W{1'b0}}, keep_q[lane]}", "{{LEN_W{1'b0}}, 1'b1}", "few", "row_sums", r"row 0: N" + WRONG
    ),
    "S": Fault(
        "row_sums.v", "}) + beat_s_q;", "}) + beat_s_q + 1;", "few", "row_sums", r"row \d+: S" + WRONG
    ),
    "Q": Fault(
        "row_sums.v", "square  = element * element;", "square  = element * element + (element == 3);",
        "few", "row_sums", r"row \d+: Q" + WRONG,
    ),
    "the root": Fault(
        "row_constants.v", ".value_i(raised[2*ROOT_W-1:0])", ".value_i(raised[2*ROOT_W-1:0] ^ 32'h4000_0000)",
        "few", "row_constants", r"row \d+: N r" + WRONG,
    ),
    "t": Fault(
        "normal_lane.v", "{{(T_W - 1) {1'b0}}, shifted[0]}", "{T_W{1'b0}}", "map", "normal_lane",
        r"row \d+: t of element \d+" + WRONG,
    ),
    "parameters of another word": Fault(
        "row_engine.v", "word_q + {{(PAR_ADDR_W - 1) {1'b0}}, next_word}", "word_q", "map", "ram",
        r"row 0: parameters \(M = \d+, B = -?\d+, S = 14\) of element \d+" + WRONG,
    ),
    "the largest element": Fault(
        "row_maximum.v", "(beat_q > so_far_q) ? beat_q : so_far_q", "beat_q", "first", "row_maximum",
        r"row \d+: largest element, its sign bit turned," + WRONG,
    ),
    "another entry": Fault(
        "softmax_rows.v", "max1_q - x[lane*X_W+:X_W];", "max1_q - x[lane*X_W+:X_W] + (lane == 1);",
        "first", "softmax_rows", r"row 0: exponential \(entry \d+ of page 0\) of element [1357]" + WRONG,
    ),
    "the sum of exponentials": Fault(
        "row_total.v", "added = so_far_q + beat_q;", "added = so_far_q + beat_q + 1;",
        "first", "row_total", r"row \d+: sum of exponentials" + WRONG,
    ),
    "the reciprocal": Fault(
        "row_reciprocal.v", "assign r_o     = quotient & wanted;", "assign r_o     = quotient;",
        "first", "row_reciprocal", r"row \d+: reciprocal 2\^32 / \d+, of which 22 bits count," + WRONG,
    ),
    "the last rounding": Fault(
        "softmax_lane.v", "{{OUT_W{1'b0}}, moved[0]}", "{(OUT_W + 1) {1'b0}}", "first", "softmax_lane",
        r"row \d+: result of element \d+" + WRONG,
    ),
    "a group": Fault(
        "row_writer.v", "assign data_o  = data_q;", "assign data_o  = data_q ^ (row_q == 24'd2);", "few", "row_writer",
        r"row 2: lane of the group" + WRONG,
    ),
    "a field of the step": Fault(
        "program_sequencer.v", "desc_o <= shadow_q;",
        "desc_o <= shadow_q ^ ({{(D_W - 1) {1'b0}}, shadow_q[D_OP*32+:32] == OP_SOFTMAX} << (32 * D_X_SIGNED));",
        "first", "program_sequencer", r"descriptor field x_signed is 0 \(0x0+\), expected 1; cycle \d+$",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def net() -> Package:
    return row_package()


def diagnosed(
    net: Package, rtl: Path, output: Path, size: str = "8x4", simulator: str = "icarus", **run: Any
) -> tuple[RunResult, Diagnosis]:
    request = RunRequest(**{"layer": "all", "images": 1, **run}, rtl=rtl)
    with locked_cosimulation(net, net.name, request, SIZES[size], find_simulator(simulator), output) as job:
        result = job.run()
        diagnosis = diagnose(job, result)
    assert not result.passed
    assert diagnosis is not None
    return result, diagnosis


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_placed(name: str, net: Package, tmp_path: Path, sim_output: Path) -> None:
    fault = FAULTS[name]
    rtl = plant(tmp_path, fault.file, fault.original, fault.mutant)
    result, diagnosis = diagnosed(net, rtl, sim_output)
    assert result.first is not None
    assert result.first.layer == fault.layer
    axes = r"head=\d, query=\d+, element=\d" if fault.layer == "first" else r"c=\d+, y=\d, x=\d"
    assert re.search(rf"output \(n=0, {axes}\): expected .*; lane \d$", result.reasons[0]), result.reasons[0]
    found = re.search(fault.text, diagnosis.finding.text)
    assert found, diagnosis.finding.text
    assert diagnosis.finding.unit == fault.unit
    assert len(set(found.groups())) == len(found.groups()), "actual and expected differ"
    assert diagnosis.waves is not None
    assert diagnosis.waves.is_file()
    assert re.search(r"(?i)layer.all .*row.lanes.2 .*waves.\d+:\d+$", diagnosis.replay), diagnosis.replay
