"""CIFAR-10 in its binary version, from files that are already on disk: 3 x 32 x 32 colour images of ten classes.

A record has 3073 bytes: the label, then the pixels.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from t2c.data.cifar import Records
from t2c.data.split import Splits

RECORDS = Records(title="CIFAR-10", labels=(("label", 10),))
SEED = 20260


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
    """Read data_batch_*.bin and test_batch.bin of a directory; options and errors as `Records.load`.

    Returns:
        Images (N, 3, 32, 32) float32 in 0..1 and labels (N,) int64 in 0..9, each split in the order of the files.
    """
    source = Path(directory)
    test = source / "test_batch.bin"
    return RECORDS.load(_batches(source), test, calibration=calibration, seed=seed, limit=limit)
