"""The scikit-learn digits: 1797 grey images of 8 x 8 pixels, split once and for all by a seed."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits

from t2c.data.split import Split, Splits

TEST, CALIBRATION = 360, 200
SEED = 20240


def load(seed: int = SEED) -> Splits:
    """Shuffle by seed and split into 360 test, 200 calibration and the remaining 1237 training images (1, 8, 8)."""
    data = load_digits()
    order = np.random.default_rng(seed).permutation(len(data.target))
    images = torch.from_numpy(data.images[order].astype(np.float32) / 16.0).unsqueeze(1)
    labels = torch.from_numpy(data.target[order].astype(np.int64))

    def part(start: int, stop: int | None) -> Split:
        return Split(images=images[start:stop].clone(), labels=labels[start:stop].clone())

    return Splits(test=part(0, TEST), calibration=part(TEST, TEST + CALIBRATION), train=part(TEST + CALIBRATION, None))
