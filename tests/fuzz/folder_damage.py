"""Files of a folder, and what can stand in the place of one: nothing, a folder, a pipe, a loop, a hole of terabytes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from random import Random

Tree = dict[str, bytes]
"""Contents by the name of the file."""
KINDS = ("missing", "empty", "folder", "pipe", "loop", "nowhere", "elsewhere", "hole", "socket name")
HOLE = 1 << 42


def write_tree(folder: Path, tree: Mapping[str, bytes]) -> None:
    """Write the files into a folder that is new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def replace_file(folder: Path, name: str, rng: Random) -> str:
    """Put something else in the place of a file; what it is."""
    path, kind = folder / name, rng.choice(KINDS)
    path.unlink()
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "nowhere":
        path.symlink_to("nowhere")
    elif kind == "elsewhere":
        path.symlink_to(rng.choice(("/dev/null", "/dev/zero", "/proc/self/mem", "/", "/etc/hostname")))
    elif kind == "hole":
        with path.open("wb") as stream:
            stream.truncate(HOLE)
    elif kind == "socket name":
        path.symlink_to("x" * 255)
    return kind
