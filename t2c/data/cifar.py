"""What CIFAR-10 and CIFAR-100 share in their binary versions: files of records, labels first, then 3 x 32 x 32 pixels.

The pixels are 1024 bytes each of red, green and blue, rows from the top.
Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; the layout of its "binary version".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from t2c.data.cut import cut
from t2c.data.split import Split, Splits
from t2c.golden.errors import RangeError

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
CALIBRATION = 5000

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Records:
    """How the files of one set are laid out.

    title: of the set; labels: name and number of values of each byte before the pixels; the last one is the class.
    """

    title: str
    labels: tuple[tuple[str, int], ...]

    @property
    def size(self) -> int:
        """Bytes of a record."""
        return len(self.labels) + PIXELS

    def read(self, path: Path, limit: int | None = None) -> Bytes:
        """Read a file of records.

        Args:
            path: of the file.
            limit: records to read, the first ones; all if None. The size of the whole file is checked in any case.

        Returns:
            (N, size) uint8: labels, then pixels.

        Raises:
            FileNotFoundError: no such file.
            RangeError: no record at all, a last one that is cut off, or a label that there is not; the message names
                the file and the record, counted from 0.
        """
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file of {self.title} (binary version)")
        size = path.stat().st_size
        whole, rest = divmod(size, self.size)
        if rest or not whole:
            raise RangeError(f"{path}: record {whole} is cut off, {rest} of {self.size} bytes")
        count = whole if limit is None else min(whole, limit)
        records = np.fromfile(path, dtype=np.uint8, count=count * self.size).reshape(-1, self.size)
        for column, (name, values) in enumerate(self.labels):
            wrong = np.flatnonzero(records[:, column] >= values)
            if wrong.size:
                found = records[wrong[0], column]
                raise RangeError(f"{path}: record {wrong[0]}: {name} {found} is outside 0..{values - 1}")
        return records

    def as_split(self, records: Bytes) -> Split:
        """Records as images (N, 3, 32, 32) float32, multiples of 1/255 in 0..1, and labels (N,) int64."""
        first = len(self.labels)
        pixels = records[:, first:].reshape(-1, *SHAPE).astype(np.float32) / np.float32(255)
        labels = records[:, first - 1].astype(np.int64)
        return Split(images=torch.from_numpy(pixels), labels=torch.from_numpy(labels))

    def load(
        self, train: Sequence[Path], test: Path, *, calibration: int | None, seed: int, limit: int | None
    ) -> Splits:
        """Read training files in that order, and the test file.

        Args:
            train, test: the files; training files behind the limit are not looked at.
            calibration: images cut from the training files, chosen by the seed; if None, 5000 or a tenth of what was
                read, whichever is less.
            seed: of that choice.
            limit: read no more training images, calibration ones included, and no more test images than this, the first
                ones; all if None, which is 0.74 GB as float32.

        Raises:
            FileNotFoundError, RangeError: as `read`, or a cut or limit that leaves nothing.
        """
        if limit is not None and limit < 1:
            raise RangeError(f"limit = {limit} is below 1")
        parts: list[Bytes] = []
        for path in train:
            left = None if limit is None else limit - sum(map(len, parts))
            if left == 0:
                break
            parts.append(self.read(path, left))
        records = np.concatenate(parts)
        wanted = max(1, min(CALIBRATION, len(records) // 10)) if calibration is None else calibration
        kept, held = cut(len(records), wanted, seed, str(test.parent))
        return Splits(
            train=self.as_split(records[kept]),
            calibration=self.as_split(records[held]),
            test=self.as_split(self.read(test, limit)),
        )
