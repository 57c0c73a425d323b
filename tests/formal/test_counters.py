"""Counters whose upper bits no simulation moves: a fault in such a bit turns the unit's proof red."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from formal.__main__ import all_proofs
from formal.symbiyosys import PROVE, ProofPart, run
from t2c.common.places import ROOT
from tests.tb.rtl_mutants import plant

pytestmark = pytest.mark.slow
OUT = ROOT / "sim_build" / "formal-tests" / "counters"
"""Below the repository: the Yosys wheel sees no absolute path below /tmp."""


@dataclass(frozen=True, kw_only=True)
class LostBit:
    """A counter that stays within fewer bits than it has. proof: that must notice; original: a line of the unit."""

    proof: str
    original: str
    mutant: str


LOST: dict[str, LostBit] = {
    "pixels of an image": LostBit(
        proof="output_writer/places",
        original="pixel_q <= pixel_q + 24'd1;",
        mutant="pixel_q <= (pixel_q + 24'd1) & 24'h3_ffff;",
    ),
    "rows to read": LostBit(
        proof="row_feeder/beats",
        original="row_q      <= row_q + 24'd1;",
        mutant="row_q      <= (row_q + 24'd1) & 24'h3_ffff;",
    ),
    "rows to write": LostBit(
        proof="row_writer/places",
        original="row_q      <= row_q + 24'd1;",
        mutant="row_q      <= (row_q + 24'd1) & 24'h3_ffff;",
    ),
    "cycles": LostBit(
        proof="core_registers/cycles",
        original="count_q <= count_q + {{(COUNT_W - 1) {1'b0}}, 1'b1};",
        mutant="count_q <= (count_q + 1'b1) & 64'hff_ffff_ffff;",
    ),
    "high half that is read": LostBit(
        proof="core_registers/cycles",
        original="count_hi_q <= count_q[COUNT_W-1:LO_W];",
        mutant="count_hi_q <= {8'd0, count_q[LO_W+:24]};",
    ),
    "words of a program": LostBit(
        proof="program_sequencer/words",
        original="addr_q <= addr_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};",
        mutant="addr_q <= (addr_q + 1'b1) & 24'h7f_ffff;",
    ),
    "words to store": LostBit(
        proof="stream_storer/words",
        original="left_q <= words_i;",
        mutant="left_q <= words_i & 24'h3_ffff;",
    ),
    "addresses to store from": LostBit(
        proof="stream_storer/words",
        original="addr_q <= addr_q + {{(ADDR_W - 1) {1'b0}}, 1'b1};",
        mutant="addr_q <= (addr_q + 1'b1) & 24'h7f_ffff;",
    ),
    "words to load": LostBit(
        proof="stream_loader/words",
        original="left_q <= left_q - {{(ADDR_W - 1) {1'b0}}, 1'b1};",
        mutant="left_q <= (left_q - 1'b1) & 24'h7f_ffff;",
    ),
    "beats of a parameter word": LostBit(
        proof="stream_loader/beats",
        original="beat_q - {{(BEAT_W - 1) {1'b0}}, 1'b1};",
        mutant="(beat_q - 1'b1) & 6'd31;",
    ),
}


@pytest.mark.sample(12)
@pytest.mark.parametrize("name", LOST)
def test_a_lost_bit_of_a_counter_is_not_proven(name: str, tmp_path: Path) -> None:
    lost = LOST[name]
    proof = next(proof for proof in all_proofs() if proof.id == lost.proof)
    rtl = plant(tmp_path, proof.rtl[0], lost.original, lost.mutant)
    verdict = run(ProofPart(proof=proof, kind=PROVE), out=OUT / tmp_path.name, rtl=rtl)
    assert not verdict.good
    assert "Temporal induction failed" in verdict.text or verdict.text.startswith("REFUTED"), verdict.text
