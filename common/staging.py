"""Folders that appear whole or not at all: written beside their place, then swapped in."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def staging_folder(target: Path) -> Iterator[Path]:
    """Give an empty hidden folder beside `target`; whatever is still in it at the end is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        staging.chmod(0o755)
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def swap_in(staging: Path, target: Path) -> None:
    """Move a folder to target; an older target is kept aside until the new one is in place."""
    if not target.exists():
        os.replace(staging, target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
    try:
        os.replace(target, aside / target.name)
        try:
            os.replace(staging, target)
        except BaseException:
            os.replace(aside / target.name, target)
            raise
    except BaseException:
        with contextlib.suppress(OSError):
            aside.rmdir()  # refused, and rightly so, if the older folder could not be moved back
        raise
    shutil.rmtree(aside, ignore_errors=True)
