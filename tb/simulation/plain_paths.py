"""Paths as make and the simulators take them: a clone may lie anywhere, what they cannot spell they get by a link.

GNU make cannot build where the path has a blank, and Icarus opens no file whose path has a letter beyond ASCII.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

from t2c.common.errors import SimulatorError
from t2c.common.shown import shown

_PLAIN = re.compile(r"[A-Za-z0-9_./+@,=~^-]*")


def is_plain(path: Path) -> bool:
    """Whether every tool can spell a path."""
    return _PLAIN.fullmatch(str(path)) is not None


def own_folder() -> Path:
    """A folder of this user's own, outside the clone, whose path every tool can spell.

    Raises:
        SimulatorError: the folder for temporary files has no such path, or another user's folder is in the way.
    """
    folder = Path(tempfile.gettempdir()).resolve() / f"t2c-{os.getuid()}"
    if not is_plain(folder):
        raise SimulatorError(
            f"make cannot build in {shown(str(Path.cwd()), 200)}, nor in {shown(str(folder), 200)}: "
            "set TMPDIR to a folder without blanks and letters beyond ASCII in its path"
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise SimulatorError(f"{folder} is not this user's own folder; set TMPDIR to another")
    return folder


def plain_path(path: Path) -> Path:
    """The same file or folder by a path that every tool can spell: itself, or one through a link in `own_folder`.

    Raises:
        SimulatorError: as `own_folder`.
    """
    if is_plain(path):
        return path
    parts = path.parts
    last = max(index for index, part in enumerate(parts) if not is_plain(Path(part)))
    target = Path(*parts[: last + 1])
    suffix = target.suffix if is_plain(Path(target.suffix)) else ""
    link = own_folder() / f"at-{hashlib.sha256(os.fsencode(target)).hexdigest()[:16]}{suffix}"
    with contextlib.suppress(FileExistsError):
        link.symlink_to(target)
    return link.joinpath(*parts[last + 1 :])


def builds_folder(output: Path) -> Path:
    """Where simulators are built: below `output`, or in `own_folder` if make could not build there.

    Raises:
        SimulatorError: as `own_folder`.
    """
    builds = output / "builds"
    return builds if is_plain(builds.resolve()) else own_folder() / "builds"


def within(path: Path | str, folder: Path) -> str:
    """A file by its path from the folder of a run, if it lies there: the simulator runs in it."""
    return os.path.relpath(path, folder) if isinstance(path, Path) and path.is_relative_to(folder) else str(path)
