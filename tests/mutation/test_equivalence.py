"""The proof that a mutant changes nothing, on a stream of one register whose every fault is known."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mutation.equivalence import Equivalence
from mutation.mutant_result import EQUIVALENT, SURVIVED, UNKNOWN
from mutation.netlist import SELECT
from mutation.solver import GaveUp
from mutation.transition import parse_transitions, write_transitions
from t2c.common.errors import UserError
from t2c.common.places import RTL

FAULTS = {
    "none": (EQUIVALENT, "^all 18 register bits always agree$"),
    "payload while nothing is valid": (EQUIVALENT, "^14 of 18 register bits always agree, 4 while they count$"),
    "payload of one value": (SURVIVED, r"after \d+ cycles m_axis_tdata_o = 0x.*cycle 1: .*d_i=0x9"),
    "valid": (SURVIVED, r"m_axis_tvalid_o = 0x1, mutant 0x0"),
    "only after 200 cycles": (UNKNOWN, "no proof, and no difference within 8 cycles"),
    "while a count is odd, which it never is": (EQUIVALENT, ", after a reset, by even$"),
    "from a power-up with an odd count": (SURVIVED, r"after 1 cycles odd_o = 0x., mutant 0x"),
    "a word written during reset": (UNKNOWN, "no proof, and no difference within 8 cycles"),
}
INVARIANTS = """
(* keep *) wire even  = !twos[0];
(* keep *) wire short = cycles < 8'd255 || twos[0] == 0; // true, and of no use here
"""
SOURCE = f"""
module unit (
    input clk_i, input rst_ni, input [2:0] {SELECT}, input s_axis_tvalid_i, input [3:0] d_i,
    output m_axis_tvalid_o, output [3:0] m_axis_tdata_o, output odd_o,
    output word_o
);
    reg v;
    reg [3:0] d;
    reg [7:0] cycles;
    reg [3:0] twos;
    reg odd;
    wire flip = ({SELECT} == 1 & ~s_axis_tvalid_i) | ({SELECT} == 2 & d_i == 9);
    always @(posedge clk_i) begin
        v <= rst_ni & s_axis_tvalid_i & {SELECT} != 3;
        d <= d_i ^ {{4{{flip}}}};
        cycles <= rst_ni ? cycles + 1'b1 : 8'd0;
        twos <= rst_ni ? twos + 4'd2 : 4'd0;
        odd <= odd ^ ({SELECT} == 6 & twos[0]);
    end
    assign m_axis_tvalid_o = v ^ ({SELECT} == 4 & cycles == 200) ^ ({SELECT} == 5 & twos[0]);
    assign m_axis_tdata_o = d;
    assign odd_o = odd;
    wire written = d_i[0] ^ ({SELECT} == 7 & twos[0]);
    ram #(.W(1), .DEPTH(2), .ADDR_W(1)) i_ram (
        .clk_i(clk_i), .we_i(1'b1), .waddr_i(d_i[1]), .wdata_i(written), .raddr_i(d_i[2]), .rdata_o(word_o)
    );
endmodule
"""


@pytest.fixture(scope="module")
def folder(sim_output: Path) -> Path:
    folder = sim_output / "equivalence"
    folder.mkdir(exist_ok=True)
    (folder / "unit.v").write_text(SOURCE)
    shutil.copy(RTL / "ram.v", folder)
    return folder


@pytest.fixture(scope="module")
def equivalence(folder: Path) -> Equivalence:
    return _question(folder, INVARIANTS)


def _question(folder: Path, invariants: str) -> Equivalence:
    stated = folder / "invariants.vh"
    stated.write_text(invariants)
    path = write_transitions(folder, "unit", ["ram.v", "unit.v"], stated)
    return Equivalence(system=parse_transitions(path.read_text(), "unit"), select=SELECT)


@pytest.mark.parametrize("fault", FAULTS)
def test_verdict(fault: str, equivalence: Equivalence) -> None:
    verdict, reason = FAULTS[fault]
    answer = equivalence.check(list(FAULTS).index(fault))
    assert answer.verdict == verdict
    assert re.search(reason, answer.reason), answer.reason


def test_without_its_invariant_nothing_is_proven(equivalence: Equivalence) -> None:
    without = replace(equivalence, system=replace(equivalence.system, invariants=()))
    assert without.check(list(FAULTS).index("while a count is odd, which it never is")).verdict == UNKNOWN


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wire", "when"),
    [
        ("twos == 4'd2", "in the cycle after a reset"),
        ("cycles < 8'd200", "in the cycle after one in which all invariants hold"),
        ("!s_axis_tvalid_i", "in the cycle after a reset"),
    ],
)
def test_what_is_no_invariant_is_refused(wire: str, when: str, folder: Path) -> None:
    """Not reached by 8 cycles after a reset, or by any: what is false must not be assumed for any mutant."""
    question = _question(folder, f"{INVARIANTS}(* keep *) wire wrong = {wire};\n")
    with pytest.raises(UserError, match=f"invariants: wrong is no invariant: it can be 0 {when}"):
        question.check(0)


def test_a_solver_that_gives_up_proves_nothing(equivalence: Equivalence, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mutation.solver.Solver.satisfiable", _give_up)
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
