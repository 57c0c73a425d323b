"""Everything that lists units reads here what program_sequencer is."""

from __future__ import annotations

from pathlib import Path

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.field_kinds import WORD_BITS
from t2c.tb.catalogue.interface import Interface
from t2c.tb.catalogue.unit import Unit
from t2c.tb.units.program_sequencer.programs import ProgramTable
from t2c.tb.units.program_sequencer.proofs import PROOFS

UNIT = Unit(
    folder=Path(__file__).parent,
    parameters={"DEPTH": 1024, "ROW_STEPS": 1},
    bench="t2c.tb.units.program_sequencer.bench",
    tests=("steps", "errors", "starts", "reset_in_mid_stream"),
    table=ProgramTable(),
    interface=Interface(),
    mutated=True,
    covered=({"DEPTH": 2 * DESCRIPTOR_WORDS}, {"ROW_STEPS": 0}, {"DEPTH": 1 << 17}),
    linted=({}, {"DEPTH": DESCRIPTOR_WORDS, "ROW_STEPS": 0}, {"DEPTH": 1 << 24}),
    refused=({"D_W": WORD_BITS * (DESCRIPTOR_WORDS - 1)},),
    proofs=PROOFS,
)
