"""What docs/bring_your_own_rtl.md shows of descriptions stands in one that a test runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bring_your_own_rtl.md").read_text()
DUTS = ROOT / "tests" / "tb" / "duts"
DESCRIPTIONS = [*DUTS.rglob("*.yaml"), *(ROOT / "examples" / "byo_rtl").glob("*.yaml")]
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def within(part: Any, whole: Any) -> bool:
    """Whether every entry of a description is one of another's."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    return bool(part == whole)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0][:40])
def test_every_part_of_a_description_is_one_that_runs(block: str) -> None:
    shown = yaml.safe_load(block)
    assert any(within(shown, yaml.safe_load(path.read_text())) for path in DESCRIPTIONS)


def test_the_function_is_the_one_that_runs() -> None:
    (shown,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert shown in (DUTS / "requants" / "own.py").read_text()


def test_there_are_some() -> None:
    assert len(BLOCKS) >= 9
