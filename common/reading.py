"""Read a file that someone else made: a plain one of a size that can be meant."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LARGEST = 1 << 26
"""Bytes of a text that a person or a tool writes for us."""


class NoPlainFileError(OSError):
    """A pipe, a folder or a device, or a file far beyond what is meant; the message says which."""


def read_plain(path: Path, most: int = LARGEST) -> bytes:
    """The content of a plain file of at most `most` bytes; a pipe is not waited for.

    Raises:
        NoPlainFileError: it is something else, or larger.
        OSError: it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NoPlainFileError(0, "it is no plain file", str(path))
        if status.st_size > most:
            raise NoPlainFileError(0, f"{status.st_size} bytes, {most} are allowed", str(path))
        return stream.read(status.st_size)
