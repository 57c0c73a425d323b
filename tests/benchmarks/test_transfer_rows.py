"""The rows of pre-training without labels: one is measured, shortened."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.results import transfer
from benchmarks.results.transfer import SEEDS, SETTINGS, Start, measure_transfer


def test_a_row_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "UNLABELLED", 64)
    monkeypatch.setattr(transfer, "TASKS", {"digits32": "digits"})
    monkeypatch.setattr(transfer, "EPOCHS", {2: 1})
    monkeypatch.setattr(transfer, "PRETRAINING", transfer.PRETRAINING | {"epochs": 1})
    start = Start(loss="xd", seed=1)
    found = measure_transfer(start, tmp_path / f"{start.name}.pt")
    assert set(found) == {"digits32-2", "seconds", "seconds_training"}
    assert all(0.0 <= found["digits32-2"][kind] <= 1.0 for kind in ("held_out", "float", "fake", "integer"))
    assert found["digits32-2"]["images"] == 32
    assert found["digits32-2"]["integers"] > 32 * 3 * 32 * 32
    assert 0 < found["seconds_training"] < found["seconds"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{start.name}.pt"]


def test_settings_are_unique_and_of_every_seed() -> None:
    assert len(SETTINGS) == len({start.name for start in SETTINGS}) == 3 * len(SEEDS)
