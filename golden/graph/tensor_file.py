"""The tensor file of a package: names and headers are checked before any data, and only what is asked for is read."""

from __future__ import annotations

import hashlib
import math
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.errors import PackageError

MOST_ELEMENTS = 1 << 28
"""Of one tensor; golden computes in eight bytes an element."""
LARGEST_FILE = 1 << 31
SMALL = 1 << 24
"""Bytes that a tensor may unpack to, however well it is packed."""
RATIO = 200
"""Beyond `SMALL`, so many times its packed size at most: no tensor of a network packs so well, a bomb does."""
_SUFFIX = ".npy"
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class TensorFile(Mapping[str, npt.NDArray[Any]]):
    """Tensors by name. A context: the file is open within it.

    Args:
        path: of the archive.
        digest: SHA-256 of the whole file, hexadecimal.

    Raises:
        PackageError: no such file, another digest, no archive, or a header that is damaged, does not go with the size
            of its data, or declares more than can be meant.
    """

    def __init__(self, path: Path, digest: str) -> None:
        self.path = path
        self._asked: set[str] = set()
        if not path.is_file():
            raise PackageError(f"{path}: the tensor file is missing")
        if path.stat().st_size > LARGEST_FILE:
            raise PackageError(f"{path}: above {LARGEST_FILE >> 30} GiB; that are no tensors of a network")
        self._stream = path.open("rb")
        try:
            self._check_digest(digest)
            self._archive = self._opened()
            self._members = {self._name(member): member for member in self._archive.infolist()}
            if len(self._members) < len(self._archive.infolist()):
                raise PackageError(f"{path}: two tensors have one name")
            for name in self._members:
                self._check_header(name)
        except BaseException:
            self._stream.close()
            raise

    def _check_digest(self, digest: str) -> None:
        actual = hashlib.file_digest(self._stream, "sha256").hexdigest()
        if actual != digest:
            raise PackageError(f"{self.path}: SHA-256 is {actual[:16]}…, graph.json says {shown(digest[:16])[1:-1]}…")

    def _opened(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self._stream)
        except Exception as error:  # zipfile tells damage by a dozen types
            raise PackageError(f"{self.path}: not a tensor archive: {_cause(error)}") from error

    def _name(self, member: zipfile.ZipInfo) -> str:
        if not member.filename.endswith(_SUFFIX):
            raise PackageError(f"{self.path}: {shown(member.filename)} is no tensor")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or member.flag_bits & 1:
            raise PackageError(f"{self.path}: {shown(member.filename)} is packed or encrypted in another way")
        return member.filename.removesuffix(_SUFFIX)

    def _header(self, stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], int]:
        """Shape, dtype and length of a header, which the stream is past then."""
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            raise ValueError(f"format {version} is none of {', '.join(map(str, _HEADERS))}")
        shape, _, dtype = _HEADERS[version](stream)
        return shape, dtype, stream.tell()

    def _check_header(self, name: str) -> None:
        member, place = self._members[name], f"{self.path}: not a tensor archive: tensor {shown(name)}"
        try:
            with self._archive.open(member) as stream, warnings.catch_warnings():
                warnings.simplefilter("error")  # such as: a header of Python 2
                shape, dtype, length = self._header(stream)
        except Exception as error:  # a header is Python text, and fails as Python texts do
            raise PackageError(f"{place}: its header is damaged: {_cause(error)}") from error
        if dtype.kind not in "biufc" or any(not isinstance(size, int) or size < 0 for size in shape):
            raise PackageError(f"{place}: {shown(dtype)} of shape {shown(shape)} is no tensor of numbers")
        size = math.prod(shape) * dtype.itemsize
        if size + length != member.file_size:
            raise PackageError(
                f"{place}: shape {shown(shape)} takes {shown(size)} bytes, {member.file_size - length} are there"
            )
        if math.prod(shape) > MOST_ELEMENTS or size > max(SMALL, RATIO * member.compress_size):
            raise PackageError(
                f"{place}: {size} bytes, packed into {member.compress_size}; that is no tensor of a network"
            )

    def __contains__(self, name: object) -> bool:
        return name in self._members  # the inherited one reads the tensor

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        member = self._members[name]
        self._asked.add(name)
        try:
            with self._archive.open(member) as stream:
                array: npt.NDArray[Any] = np.lib.format.read_array(stream, allow_pickle=False)
                return array
        except Exception as error:
            raise PackageError(f"{self.path}: tensor {shown(name)} cannot be read: {_cause(error)}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def refuse_unasked(self) -> None:
        """Refuse a tensor that nobody has asked for.

        Raises:
            PackageError: there is one.
        """
        for name in self._members:
            if name not in self._asked:
                raise PackageError(f"{self.path}: no field names tensor {shown(name)}")

    def __enter__(self) -> TensorFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def _cause(error: Exception) -> str:
    return shown(str(error) or type(error).__name__, 120)
