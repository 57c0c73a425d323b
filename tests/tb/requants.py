"""Small requantisers of "other people", each with a description that says how it differs from ours."""

from __future__ import annotations

import shutil
from pathlib import Path

REQUANTS = Path(__file__).parent / "duts" / "requants"


def copied(name: str, folder: Path, *change: str) -> Path:
    """The description in a folder of its own, with a change of one of its files."""
    shutil.copytree(REQUANTS, folder / "requants")
    if change:
        file, original, changed = change
        text = (folder / "requants" / file).read_text()
        assert text.count(original) == 1, original
        (folder / "requants" / file).write_text(text.replace(original, changed))
    return folder / "requants" / f"{name}.yaml"
