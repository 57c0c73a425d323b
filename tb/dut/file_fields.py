"""Files that a module reads when it runs: tables for $readmemh, and plusargs that name them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from t2c.common.shown import shown
from t2c.common.strict_yaml import Value
from t2c.tb.dut.source_fields import find_beside

RECORD = "files.txt"
"""In the folder of a run: what was copied there."""


def read_files(path: Path, fields: Mapping[str, Value], roots: Sequence[Path] = ()) -> dict[str, Path]:
    """Names of files as the module spells them, relative to the description (or one of the roots) -> the files.

    Raises:
        YamlError: no such file, or a name that leads out of the folder of the description.
    """
    found = {}
    for entry in fields["files"].items() if "files" in fields else ():
        name = PurePosixPath(entry.text())
        if name.is_absolute() or ".." in name.parts:
            text = f"files: {shown(str(name))} leads out of the description's folder"
            raise entry.error(f"{text}; a parameter with '{{here}}' takes any path")
        found[str(name)] = find_beside(roots, entry).resolve() if roots else beside(path, entry, "files")
    return found


def beside(path: Path, entry: Value, field: str) -> Path:
    """The file that an entry names, relative to the description.

    Raises:
        YamlError: there is none.
    """
    there = path.parent / entry.text()
    try:
        exists = there.is_file()
    except (OSError, ValueError):
        exists = False
    if not exists:
        raise entry.error(f"{field}: no file {shown(entry.text())} beside this description")
    return there.resolve()


def lay_out(files: Mapping[str, Path], folder: Path) -> None:
    """Copy files to where a module that runs in the folder looks for them, in the place of those of the last run."""
    record = folder / RECORD
    for name in record.read_text().splitlines() if record.is_file() else ():
        (folder / name).unlink(missing_ok=True)
    record.write_text("".join(f"{name}\n" for name in files))
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name)
