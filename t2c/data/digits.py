"""The scikit-learn digits: 1797 grey images of 8 x 8 pixels, split once and for all by a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

TEST, CALIBRATION = 360, 200
SEED = 20240


@dataclass(frozen=True, kw_only=True)
class Split:
    """images: (N, 1, 8, 8) float32 in 0..1; labels: (N,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return int(self.labels.numel())

    def head(self, count: int) -> Split:
        """The first samples."""
        return Split(images=self.images[:count], labels=self.labels[:count])


@dataclass(frozen=True, kw_only=True)
class Digits:
    """Three disjoint splits.

    train: for weights and scales; calibration: for choosing hyper-parameters; test: looked at once, at the end.
    """

    train: Split
    calibration: Split
    test: Split


def load(seed: int = SEED) -> Digits:
    """Shuffle by seed and split into 360 test, 200 calibration and the remaining 1237 training images."""
    data = load_digits()
    order = np.random.default_rng(seed).permutation(len(data.target))
    images = torch.from_numpy(data.images[order].astype(np.float32) / 16.0).unsqueeze(1)
    labels = torch.from_numpy(data.target[order].astype(np.int64))

    def part(start: int, stop: int | None) -> Split:
        return Split(images=images[start:stop].clone(), labels=labels[start:stop].clone())

    return Digits(test=part(0, TEST), calibration=part(TEST, TEST + CALIBRATION), train=part(TEST + CALIBRATION, None))
