"""Copies of the example accelerators, with faults planted, behind the command line."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from t2c.common.errors import UserError
from t2c.tb.__main__ import main
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "accelerators"


@dataclass(frozen=True)
class DoorRun:
    """status: exit status of the command; text: what it printed; record: result.json."""

    status: int
    text: str
    record: dict[str, Any]


def copied(example: str, folder: Path, *changes: tuple[str, str, str]) -> Path:
    """An example in another folder, with changes: file, what stands there once, what comes in its place."""
    target = folder / example
    shutil.copytree(EXAMPLES / example, target)
    for name, before, after in changes:
        text = (target / name).read_text()
        assert text.count(before) == 1, (name, before, text.count(before))
        (target / name).write_text(text.replace(before, after))
    return target / "dut.yaml"


def simulated(capsys: pytest.CaptureFixture[str], dut: Path, output: Path, **options: object) -> DoorRun:
    """`make sim DUT=...`, one image unless said otherwise."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in {"images": 1, **options}.items()]
    capsys.readouterr()
    status = main([f"--dut={dut}", f"--out={output}", *words])
    text = capsys.readouterr().out
    records = sorted(output.glob("accelerator-*/result.json"), key=lambda path: path.stat().st_mtime)
    return DoorRun(status, text, json.loads(records[-1].read_text()))


def refusal(dut: Path, output: Path, **options: object) -> str:
    """The one line with which a description is refused, before anything is simulated."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in {"images": 1, **options}.items()]
    with pytest.raises((UserError, ValueError, LookupError)) as caught:
        main([f"--dut={dut}", f"--out={output}", *words])
    text = str(caught.value)
    assert "\n" not in text
    return text
