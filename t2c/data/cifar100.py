"""CIFAR-100 in its binary version, from files that are already on disk: 3 x 32 x 32 colour images of 100 classes.

A record has 3074 bytes: the coarse label, one of 20 that nothing here uses, the label, then the pixels.
"""

from __future__ import annotations

import os
from pathlib import Path

from t2c.data.cifar import Records
from t2c.data.split import Splits

RECORDS = Records(title="CIFAR-100", labels=(("coarse label", 20), ("label", 100)))
SEED = 20262


def load(
    directory: str | os.PathLike[str],
    *,
    calibration: int | None = None,
    seed: int = SEED,
    limit: int | None = None,
) -> Splits:
    """Read train.bin and test.bin of a directory; options and errors as `Records.load`.

    Returns:
        Images (N, 3, 32, 32) float32 in 0..1 and labels (N,) int64 in 0..99, each split in the order of the files.
    """
    source = Path(directory)
    files = [source / "train.bin"], source / "test.bin"
    return RECORDS.load(*files, calibration=calibration, seed=seed, limit=limit)
