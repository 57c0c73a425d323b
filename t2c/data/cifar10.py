"""CIFAR-10 in its binary version, from files that are already on disk: 3 x 32 x 32 colour images of ten classes.

A file is a row of records of 3073 bytes: the label, then 1024 bytes each of red, green and blue, rows from the top.
Source: Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; the layout of its "binary version".
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from t2c.data.cut import cut
from t2c.data.split import Split, Splits
from t2c.golden.errors import RangeError

CLASSES = 10
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
"""Bytes of a record."""

CALIBRATION = 5000
SEED = 20260

Bytes = npt.NDArray[np.uint8]


def read_records(path: Path, limit: int | None = None) -> Bytes:
    """Read a file of records.

    Args:
        path: of the file.
        limit: records to read, the first ones; all if None. The size of the whole file is checked in any case.

    Returns:
        (N, 3073) uint8: label, then pixels.

    Raises:
        FileNotFoundError: no such file.
        RangeError: no record at all, a last one that is cut off, or a label above 9; the message names the file and the
            record, counted from 0.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file of CIFAR-10 (binary version)")
    size = path.stat().st_size
    whole, rest = divmod(size, RECORD)
    if rest or not whole:
        raise RangeError(f"{path}: record {whole} is cut off, {rest} of {RECORD} bytes")
    count = whole if limit is None else min(whole, limit)
    records = np.fromfile(path, dtype=np.uint8, count=count * RECORD).reshape(-1, RECORD)
    wrong = np.flatnonzero(records[:, 0] >= CLASSES)
    if wrong.size:
        raise RangeError(f"{path}: record {wrong[0]}: label {records[wrong[0], 0]} is outside 0..{CLASSES - 1}")
    return records


def as_split(records: Bytes) -> Split:
    """Records (N, 3073) as images (N, 3, 32, 32) float32, multiples of 1/255 in 0..1, and labels (N,) int64."""
    pixels = records[:, 1:].reshape(-1, *SHAPE).astype(np.float32) / np.float32(255)
    return Split(images=torch.from_numpy(pixels), labels=torch.from_numpy(records[:, 0].astype(np.int64)))


def _batches(directory: Path) -> list[Path]:
    """The training files in the order of their numbers."""
    numbers = {path: re.fullmatch(r"data_batch_(\d+)\.bin", path.name) for path in directory.glob("data_batch_*.bin")}
    found = sorted((int(match[1]), path) for path, match in numbers.items() if match)
    if not found:
        raise FileNotFoundError(f"{directory}: no data_batch_<number>.bin of CIFAR-10 (binary version) there")
    return [path for _, path in found]


def load(
    directory: str | os.PathLike[str],
    *,
    calibration: int | None = None,
    seed: int = SEED,
    limit: int | None = None,
) -> Splits:
    """Read data_batch_*.bin and test_batch.bin of a directory.

    Args:
        directory: where the files lie.
        calibration: images cut from the training files, chosen by the seed; if None, 5000 or a tenth of what was read,
            whichever is less.
        seed: of that choice.
        limit: read no more training images, calibration ones included, and no more test images than this, the first
            ones; all if None, which is 0.74 GB as float32.

    Returns:
        Images (N, 3, 32, 32) float32 in 0..1 and labels (N,) int64 in 0..9, each split in the order of the files.

    Raises:
        FileNotFoundError: a file is missing.
        RangeError: a damaged record, as `read_records`, or a cut or limit that leaves nothing.
    """
    source = Path(directory)
    if limit is not None and limit < 1:
        raise RangeError(f"limit = {limit} is below 1")
    parts: list[Bytes] = []
    for path in _batches(source):
        left = None if limit is None else limit - sum(map(len, parts))
        if left == 0:
            break
        parts.append(read_records(path, left))
    records = np.concatenate(parts)
    wanted = max(1, min(CALIBRATION, len(records) // 10)) if calibration is None else calibration
    train, held = cut(len(records), wanted, seed, str(source))
    return Splits(
        train=as_split(records[train]),
        calibration=as_split(records[held]),
        test=as_split(read_records(source / "test_batch.bin", limit)),
    )
