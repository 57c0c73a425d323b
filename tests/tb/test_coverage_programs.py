"""Bins of programs: every class of the legal space, hit by what the campaign makes, without simulating."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from t2c.contract.descriptor import DESCRIPTOR_WORDS, FIELDS
from t2c.contract.legal_space import dimension
from t2c.contract.operations import ROW_STEPS, Combine, Operation
from t2c.tb.components.bins import Coverage
from t2c.tb.coverage import coverage_runs
from t2c.tb.coverage.coverage_runs import program_runs
from t2c.tb.coverage.program_classes import cover_program, program_groups
from t2c.tb.random_programs.builds import SMALL
from t2c.tb.random_programs.campaign import EVENTS, case_of, program_of
from tests.core_model.hand_made import LOAD, RUN

FIRST = tuple(f"program-{name}-" for name in ("fields-deep", "fields-long", "fields-rows", "transfer", "random"))
OP = next(field.index for field in FIELDS if field.name == "op")


def hit(coverage: Coverage, group: str) -> set[str]:
    return {name for name, one in coverage.groups[group].items() if one.hits}


def test_bins_are_those_of_the_legal_space() -> None:
    groups = program_groups()
    stride = dimension("descriptor.stride_h")
    ends = ("exactly 2", "exactly 3", "exactly 4", "exactly 32768", "exactly 65534", "exactly 65535")
    assert groups["field stride_h"][: len(stride.classes) + 16] == (
        *(each.name for each in stride.classes),
        *stride.bits,
    )
    assert groups["field stride_h"][-31:][:3] + groups["field stride_h"][-3:] == ends
    assert "bit 15" in groups["field k_tiles"]
    assert {"sign", "bit 31"} <= set(groups["field origin"])


def test_a_step_hits_what_it_reads() -> None:
    step = replace(RUN, pad_h=-5, combine=Combine.PAIR, out_h=2000, col_tiles=3)
    found = cover_program([LOAD, step], SMALL)
    assert hit(found, "field pad_h") == {"-7..-4", "bit 0", "bit 2", "sign"}
    assert hit(found, "field op") == {"1", "2..3", "bit 0", "bit 1", "exactly 2"}
    assert hit(found, "field words") == {"4..7", "bit 2", "exactly 4"}, "a RUN does not read its words"
    assert hit(found, "meetings") == {
        "PAIR; out_h from 1024 on",
        "PAIR; ROWS > COLS, several column tiles",
        "negative pad_h",
        "negative y_lo",
    }
    assert "combine 2; rounding 0" in hit(found, "pairs of fields")


def test_a_boundary_is_a_bin_of_its_own() -> None:
    one, other = (cover_program([replace(RUN, pad_h=value)], SMALL) for value in (-8, -9))
    assert hit(one, "field pad_h") - hit(other, "field pad_h") == {"exactly -8"}
    assert "exactly -1" not in one.groups["field pad_h"], "a class of its own"


def test_what_is_excused_cannot_be() -> None:
    """The excuse of padded extents: no descriptor takes such values."""
    for fields in ({"in_h": 32768}, {"in_h": 1, "pad_h": 16384}):
        with pytest.raises(ValueError, match="padded extent"):
            replace(RUN, **fields)  # type: ignore[arg-type]


def test_registers_begin_at_zero_while_counted_and_only_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen = []

    def run(*_: object) -> SimpleNamespace:
        seen.append(os.environ.get("SIM_CMD_SUFFIX"))
        return SimpleNamespace(folder=tmp_path, reasons=(), passed=True)

    job = SimpleNamespace(run=run, program=SimpleNamespace(steps=[LOAD], hardware=SMALL))
    monkeypatch.setattr(coverage_runs, "jobs_of", lambda *_, **__: [job])
    monkeypatch.setattr(coverage_runs, "find_simulator", lambda name: name)
    monkeypatch.delenv("SIM_CMD_SUFFIX", raising=False)
    coverage_runs.execute(next(iter(program_runs())), tmp_path)
    assert seen == ["+verilator+rand+reset+0"]
    assert "SIM_CMD_SUFFIX" not in os.environ


def test_a_run_keeps_what_is_excused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = SimpleNamespace(folder=tmp_path, reasons=(), passed=True)
    job = SimpleNamespace(run=lambda *_: result, program=SimpleNamespace(steps=[LOAD], hardware=SMALL))
    monkeypatch.setattr(coverage_runs, "jobs_of", lambda *_, **__: [job])
    monkeypatch.setattr(coverage_runs, "find_simulator", lambda name: name)
    found = coverage_runs.execute(next(iter(program_runs())), tmp_path)
    unhit = Coverage.from_json(found.coverage).unhit()
    assert ("field in_h", "bit 15") not in unhit
    assert ("field in_h", "bit 14") in unhit


@pytest.mark.campaign
@pytest.mark.slow
def test_the_campaign_hits_every_bin() -> None:
    """With the programs that alone hit some first, the rest only until nothing is left."""
    merged = Coverage()
    listed = [case_of(run.program) for run in program_runs()]
    for case in sorted(listed, key=lambda case: not case.id.startswith(FIRST)):
        if case.kind == EVENTS or (merged.groups and not merged.unhit()):
            continue
        program = program_of(case, np.random.default_rng([case.seed, *case.id.encode()]))
        unknown = program.code[len(program.steps) * DESCRIPTOR_WORDS + OP]
        known = set(Operation) if program.hardware.row_lanes else set(Operation) - set(ROW_STEPS)
        assert any(step.op is Operation.END for step in program.steps) or unknown not in known
        merged.merge(cover_program(program.steps, program.hardware))
    assert merged.unhit() == []
