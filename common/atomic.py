"""Files that appear whole or not at all: written beside their place, then put there in one step."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

PENDING = ".*.tmp"
"""What a file is called, as a glob pattern, while it is written; a killed process may leave one behind."""


@contextlib.contextmanager
def atomic_file(path: str | os.PathLike[str], *, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a file for writing that takes the place of `path` at the end of the block.

    If the block or anything after it fails, an older file stays as it was.

    Args:
        path: in a folder that is there.
        durable: wait until the disk has it, so that it also outlives a loss of power.

    Raises:
        OSError: the file cannot be written.
    """
    target = Path(path)
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        with part.open("xb") as stream:
            yield stream
            if durable:
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(part, target)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            error.filename = str(target)  # a write does not know where
        raise


def write_atomic(path: str | os.PathLike[str], content: bytes | str, *, durable: bool = False) -> None:
    """Write a file whole or not at all, as `atomic_file`; text as UTF-8."""
    with atomic_file(path, durable=durable) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
