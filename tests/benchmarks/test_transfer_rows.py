"""The rows of pre-training without labels: one is measured, shortened; the section says what is made and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.results import transfer
from benchmarks.results.transfer import SEEDS, SETTINGS, Figures, Start, measure_transfer, section

CELLS = {"runes-10", "runes-50", "digits32-10", "digits32-50"}


def figures(of: float) -> Figures:
    return {cell: {"float": of, "fake": of, "integer": of - 0.01, "held_out": of} for cell in CELLS} | {"seconds": 1.0}


def test_a_row_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "UNLABELLED", 64)
    monkeypatch.setattr(transfer, "TASKS", {"digits32": "digits"})
    monkeypatch.setattr(transfer, "EPOCHS", {2: 1})
    monkeypatch.setattr(transfer, "PRETRAINING", transfer.PRETRAINING | {"epochs": 1})
    start = Start(loss="xd", seed=1)
    found = measure_transfer(start, tmp_path)
    assert set(found) == {"digits32-2", "seconds", "seconds_training"}
    assert all(0.0 <= value <= 1.0 for value in found["digits32-2"].values())
    assert set(found["digits32-2"]) == {"held_out", "float", "fake", "integer"}
    assert 0 < found["seconds_training"] < found["seconds"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{start.name}.pt"]


def test_the_section_has_means_spreads_and_gains() -> None:
    assert len(SETTINGS) == len({start.name for start in SETTINGS}) == 3 * len(SEEDS)
    made = {start: None for start in SETTINGS} | {
        Start(loss="scratch", seed=0): figures(0.5),
        Start(loss="scratch", seed=1): figures(0.6),
        Start(loss="barlow", seed=0): figures(0.7),
    }
    rows = [line for line in section(made).splitlines() if line.startswith("| runes | 10 |")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[2:] for row in cells] == [
        ["scratch", "55.0 ± 7.1", "54.0 ± 7.1", "", "", "2 of 3 seeds"],
        ["barlow", "70.0", "69.0", "+15.0", "+15.0", "1 of 3 seeds"],
        ["xd", "not made yet", "not made yet", "", "", "0 of 3 seeds"],
    ]
    assert section(dict.fromkeys(SETTINGS)).count("not made yet") == 2 * 3 * len(CELLS)
