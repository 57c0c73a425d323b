"""Localisation through weights that a MOVE has brought: to the mover, or to what lies behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from t2c.contract.operations import Operation
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from tests.product_net import attention_package
from tests.tb.rtl_mutants import plant
from tests.tb.test_products import SIZES

pytestmark = pytest.mark.slow

PLACE = r"row \d, column \d of column tile \d+, K tile \d"


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
    "a wrong row is written": Fault(
        "operand_mover.v",
        "wdata_o    <= transpose_i ? transposed : straight;",
        "wdata_o    <= transpose_i ? transposed : straight + (row_addr_q[1:0] == 2'd2);",
        "mixed",
        "operand_mover",
        r"operand mover: step \d+: row 2, column 0 of .*, v\[0, 0, \d+, \d+\]: writes (-?\d+) .*, expected (-?\d+), "
        r"which it read from bank 0; cycle \d+$",
    ),
    "a row is written elsewhere": Fault(
        "operand_mover.v",
        "waddr_o    <= row_addr_q;",
        "waddr_o    <= row_addr_q + (written_q == 1);",
        "scores",
        "operand_mover",
        rf"operand mover: step \d+: {PLACE}: weight row \d+ is never written$",
    ),
    "another token is read": Fault(
        "operand_mover.v",
        "addr_q + col_step_i}",
        "addr_q + col_step_i + (left_q == 16'd5)}",
        "scores",
        "operand_mover",
        rf"operand mover: step \d+: {PLACE}, k_heads\[0, 0, \d+, 3\]: address \d+ of bank \d is never read; cycle \d+$",
    ),
    "a token less": Fault(
        "t2c_core.v",
        ".tokens_i(desc[D_IN_W*32+:16])",
        ".tokens_i(desc[D_IN_W*32+:16] - 16'd1)",
        "scores",
        "operand_mover",
        rf"operand mover: step \d+: {PLACE}, k_heads\[0, 0, \d+, 6\]: writes 0 \(0x00\), expected (-?\d+), which",
    ),
    "channels of another head": Fault(
        "operand_mover.v",
        "& ~(after_last[r] & last_word)",
        "",
        "scores",
        "operand_mover",
        rf"operand mover: step \d+: {PLACE}, no element of head 0: writes (-?\d+) \(0x..\), expected 0; cycle \d+$",
    ),
    "the memory gives another word": Fault(
        "t2c_core.v",
        "moving ? move_raddr :",
        "moving ? move_raddr ^ (move_raddr[5:0] == 6'd9) :",
        "scores",
        "activation_memory",
        rf"activation memory: bank 0, {PLACE}, k_heads\[0, .*\]: address \d+ gives (-?\d+) .*, expected (-?\d+)",
    ),
    "a field of the step": Fault(
        "program_sequencer.v",
        "desc_o <= shadow_q;",
        "desc_o <= shadow_q ^ ({{(D_W - 1) {1'b0}}, shadow_q[D_OP*32+:32] == OP_MOVE} << (32 * D_LANE_LAST));",
        "scores",
        "program_sequencer",
        r"program sequencer: step \d+: descriptor field lane_last is \d+ .*, expected \d+ ",
    ),
}


@pytest.fixture(scope="module")
def package() -> Package:
    return attention_package(heads=3, depth=6, tokens=7, fused=False)


def placed(package: Package, fault: Fault, folder: Path, output: Path, **run: Any) -> re.Match[str]:
    """What the finding says of a planted fault."""
    rtl = plant(folder, fault.file, fault.original, fault.mutant)
    request = RunRequest(**{"layer": "all", "images": 1, **run}, rtl=rtl)
    with locked_cosimulation(package, "attention", request, SIZES["4x4"], find_simulator("icarus"), output) as job:
        result = job.run()
        diagnosis = diagnose(job, result)
    assert not result.passed
    assert result.first is not None
    assert diagnosis is not None
    assert result.first.layer == fault.layer
    assert re.search(r"output \(n=\d, head=\d, token=\d, column=\d\): expected", result.reasons[0])
    assert diagnosis.finding.unit == fault.unit, diagnosis.finding.text
    found = re.search(fault.text, diagnosis.finding.text)
    assert found, diagnosis.finding.text
    return found


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_move_is_placed(name: str, package: Package, tmp_path: Path, sim_output: Path) -> None:
    values = placed(package, FAULTS[name], tmp_path, sim_output).groups()
    assert len(set(values)) == len(values), "actual and expected differ"


def test_the_second_image_of_a_run(tmp_path: Path, sim_output: Path) -> None:
    """Each image has a MOVE of its own; the fault is in the last one of the second."""
    package = attention_package(heads=2, depth=8, tokens=7)
    program = compile_program(package.graph, "mixed", SIZES["4x4"], batch=2)
    origin = [step.descriptor.origin for step in program.steps if step.op is Operation.MOVE][-1]
    fault = Fault(
        "operand_mover.v",
        "wdata_o    <= transpose_i ? transposed : straight;",
        f"wdata_o    <= transpose_i ? transposed : straight + (origin_i == {origin});",
        "mixed",
        "operand_mover",
        r"operand mover: step \d+: .*, v\[1, 1, \d+, \d+\]: writes ",
    )
    placed(package, fault, tmp_path, sim_output, layer="mixed", images=2)
