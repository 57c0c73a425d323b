"""Find the reader of a file and read it: the file is data, and nothing of it is ever run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from t2c.common.reading import NoPlainFileError, read_plain
from t2c.common.registry import Registry
from t2c.common.shown import shown
from t2c.golden.errors import PackageError
from t2c.importing.errors import RefusedError
from t2c.importing.network import ImportedNetwork

LARGEST_FILE = 1 << 29
"""Bytes of a model file."""


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file to import. path: for messages; data: its bytes; name: what the graph is to be called."""

    path: Path
    data: bytes
    name: str


Reader = Callable[[SourceFile], ImportedNetwork]
READERS: Registry[Reader] = Registry("reader of", "t2c.importing.readers")
"""By the ending of a file's name, without the dot and in small letters. A reader raises RefusedError with every
reason why its file cannot be imported, each of which names the operator and the tensor by number."""


def read_network(path: Path, name: str) -> ImportedNetwork:
    """Read a file of a quantised network.

    Args:
        path: the file; its name's ending says which reader reads it.
        name: of the graph.

    Raises:
        RefusedError: it cannot be imported; all reasons.
        PackageError: no reader for such a name, or no file that can be read.
    """
    reader = READERS.find(path.suffix[1:].lower())
    if reader is None:
        known = ", ".join(f".{ending}" for ending in READERS.names())
        raise PackageError(f"{path}: no reader for {shown(path.suffix)}; there are {known}")
    try:
        data = read_plain(path, LARGEST_FILE)
    except NoPlainFileError as error:
        raise PackageError(f"{path}: {error.strerror}") from error
    try:
        return reader(SourceFile(path=path, data=data, name=name))
    except RefusedError as error:
        raise RefusedError(error.reasons, str(path)) from error
