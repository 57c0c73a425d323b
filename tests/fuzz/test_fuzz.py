"""A short campaign, and that a campaign sees what it is for: tracebacks, hangs, memory, wrong passes."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from t2c.common.errors import SettingError
from t2c.golden.errors import PackageError
from t2c.golden.graph import package
from tests.fuzz import __main__ as command
from tests.fuzz import campaign, doors
from tests.fuzz.campaign import run_campaign
from tests.fuzz.case import FAILED, OTHER, REFUSED, SAME, Answer

CASES = 400


@pytest.mark.slow
def test_nothing_that_is_damaged_gets_through(tmp_path: Path) -> None:
    answers = list(run_campaign(11, CASES, 1, tmp_path))
    assert [answer for answer in answers if answer.outcome == FAILED] == []
    assert sorted(answer.number for answer in answers) == list(range(CASES))
    found = Counter((answer.door, answer.outcome) for answer in answers)
    for door in doors.doors():
        assert found[door, REFUSED], door
    assert found["package", OTHER]
    assert found["package", SAME]


@pytest.mark.slow
def test_a_case_is_the_same_whenever_it_runs(tmp_path: Path) -> None:
    def told(workers: int) -> list[tuple[Any, ...]]:
        answers = run_campaign(5, 30, workers, tmp_path / str(workers))
        return sorted((answer.number, answer.door, answer.outcome) for answer in answers)

    assert told(1) == told(3)


def test_some_doors_alone(tmp_path: Path) -> None:
    answers = list(run_campaign(5, 30, 1, tmp_path, ("table", "import")))
    assert {answer.door for answer in answers} == {"table", "import"}


def test_a_door_that_there_is_not() -> None:
    with pytest.raises(SettingError, match="doors = 'window' is none of package, "):
        command.main(["--doors", "import,window"])


def raises(error: Exception) -> Callable[[Path], None]:
    def load(folder: Path) -> None:
        raise error

    return load


LOADERS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a traceback": (raises(KeyError("conv1")), r"KeyError: 'conv1'"),
    "a memory hog": (lambda _: bytearray(3 << 30), "MemoryError"),
    "out of memory, in one line": (raises(PackageError("there is not memory enough")), "it ran out of memory"),
    "a hang": (lambda _: Event().wait(), r"no answer within \d+ s"),
    "a dead process": (lambda _: os._exit(7), "the process ended with status 7"),
    "an escape sequence": (raises(PackageError("node '\x1b[2J'")), "controls a terminal"),
    "an endless line": (raises(PackageError("x" * 9000)), "a refusal of 9000 characters"),
    "nothing said": (raises(PackageError("")), "a refusal of 0 characters"),
    "nothing read": (lambda _: None, "not refused; then"),
}


def fails(tmp_path: Path, cases: int) -> list[Answer]:
    return [answer for answer in run_campaign(3, cases, 1, tmp_path) if answer.outcome == FAILED]


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("fault", LOADERS)
def test_a_reader_with_a_fault_is_found_out(fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader, message = LOADERS[fault]
    monkeypatch.setattr(campaign, "PATIENCE", 0.5)
    monkeypatch.setattr("tests.fuzz.case.SHARES", {"package": 1.0})
    original = doors.load_package
    first: list[Path] = []

    def load(folder: Path) -> Any:
        if folder.name == "case":  # undamaged
            return original(folder)
        first.append(folder)
        return loader(folder) if len(first) == 1 else original(folder)

    monkeypatch.setattr(doors, "load_package", load)
    (answer, *_) = found = fails(tmp_path, 2)
    assert re.search(message, answer.text), answer.text
    assert (tmp_path / "failed" / str(answer.number)).is_dir()
    begun_again = fault in ("a hang", "a dead process")  # in a new process, whose first case has the fault too
    assert len(found) == (2 if begun_again else 1)


@pytest.mark.slow
def test_a_reader_that_does_not_look_at_digests_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """About one damage in a thousand leaves a package that can be read and means something else."""
    monkeypatch.setattr(package, "_check_digest", lambda document, stated: None)
    monkeypatch.setattr("tests.fuzz.case.SHARES", {"package": 1.0})
    answers = run_campaign(3, 10_000, 1, tmp_path)
    assert any(answer.text == "it is not refused and means something else" for answer in answers)


@pytest.mark.slow
def test_the_command_says_how_to_run_a_case_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        doors, "load_package", lambda folder: package.load_package(folder) if folder.name == "case" else 1 / 0
    )
    out = ["--out", str(tmp_path)]
    assert command.main(["--cases", "4", "--workers", "1", *out]) == 1
    said = capsys.readouterr().out
    assert "ZeroDivisionError" in said
    assert said.endswith("verdict  FAIL\n")
    (number, *_) = [line.rpartition("=")[2] for line in said.splitlines() if "replay: make fuzz SEED=1 CASE=" in line]
    assert command.main(["--case", number, *out]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().out
    monkeypatch.undo()
    assert command.main(["--case", number, *out]) == 0
    assert (tmp_path / f"1-{number}").is_dir()
