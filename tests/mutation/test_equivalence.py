"""The proof that a mutant changes nothing, on a stream of one register whose every fault is known."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mutation.equivalence import Equivalence, GaveUp
from mutation.netlist import SELECT
from mutation.result import EQUIVALENT, SURVIVED, UNKNOWN
from mutation.transition import parse_transitions, write_transitions

FAULTS = {
    "none": (EQUIVALENT, "all 13 register bits always agree"),
    "payload while nothing is valid": (EQUIVALENT, "9 of 13 register bits always agree, 4 while they count"),
    "payload of one value": (SURVIVED, r"after \d+ cycles m_axis_tdata_o = 0x.*cycle 1: .*d_i=0x9"),
    "valid": (SURVIVED, r"m_axis_tvalid_o = 0x1, mutant 0x0"),
    "only after 200 cycles": (UNKNOWN, "no proof, and no difference within 8 cycles"),
    "only where lo_i > hi_i": (SURVIVED, r"m_axis_tvalid_o = 0x., mutant 0x"),
}
SOURCE = f"""
module unit (
    input clk_i, input rst_ni, input [2:0] {SELECT}, input s_axis_tvalid_i, input [3:0] d_i,
    input [1:0] lo_i, input [1:0] hi_i, output m_axis_tvalid_o, output [3:0] m_axis_tdata_o
);
    reg v;
    reg [3:0] d;
    reg [7:0] cycles;
    wire flip = ({SELECT} == 1 & ~s_axis_tvalid_i) | ({SELECT} == 2 & d_i == 9);
    always @(posedge clk_i) begin
        v <= rst_ni & s_axis_tvalid_i & {SELECT} != 3;
        d <= d_i ^ {{4{{flip}}}};
        cycles <= rst_ni ? cycles + 1'b1 : 8'd0;
    end
    assign m_axis_tvalid_o = v ^ ({SELECT} == 4 & cycles == 200) ^ ({SELECT} == 5 & lo_i > hi_i);
    assign m_axis_tdata_o = d;
endmodule
"""


@pytest.fixture(scope="module")
def equivalence(sim_output: Path) -> Equivalence:
    folder = sim_output / "equivalence"
    folder.mkdir(exist_ok=True)
    (folder / "unit.v").write_text(SOURCE)
    path = write_transitions(folder, "unit", ["unit.v"])
    return Equivalence(system=parse_transitions(path.read_text(), "unit"), select=SELECT)


@pytest.mark.parametrize("fault", FAULTS)
def test_verdict(fault: str, equivalence: Equivalence) -> None:
    verdict, reason = FAULTS[fault]
    answer = equivalence.check(list(FAULTS).index(fault))
    assert answer.verdict == verdict
    assert re.search(reason, answer.reason), answer.reason


def test_an_assumption_about_the_inputs_is_used(equivalence: Equivalence) -> None:
    number = list(FAULTS).index("only where lo_i > hi_i")
    ordered = replace(equivalence, assumptions=("(bvule lo_i hi_i)",))
    assert ordered.check(number).verdict == EQUIVALENT
    assert ordered.check(2).verdict == SURVIVED


def test_a_solver_that_gives_up_proves_nothing(equivalence: Equivalence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutation.equivalence._Solver.satisfiable", _give_up)
    assert equivalence.check(0).verdict == UNKNOWN


def _give_up(*_: object) -> bool:
    raise GaveUp


def test_a_control_input_that_is_not_there_is_refused(equivalence: Equivalence) -> None:
    with pytest.raises(ValueError, match="number is no control input"):
        replace(equivalence, select="number")


def test_a_state_that_is_not_understood_is_refused() -> None:
    text = "(define-sort |unit_s| () (_ BitVec 3))\n"
    with pytest.raises(ValueError, match="3 bits of state"):
        parse_transitions(text, "unit")
