"""Jets: seeded feature vectors of 16 numbers in five classes, of the shape of the jet tagging task, and nothing more.

The measured data cannot be shipped, so this is a stand-in: the same numbers of features and classes, and about as hard
(a network of 16-64-32-32-5 is right in three cases of four). No accuracy on it says anything about jets.

A sample is a point of a hidden space of 6 dimensions, one of two clouds of its class, whose centres are near those of
other classes; its features are quadratic forms of the point, under noise. All numbers are uniform ones
from NumPy's PCG64, and all arithmetic is +, -, * of float32, rounded to multiples of 2^-10 at the end.
"""

from __future__ import annotations

import numpy as np
import torch

from t2c.data.glyphs import triangular, uniform
from t2c.data.split import Split, Splits
from t2c.data.strokes import Real

FEATURES, CLASSES = 16, 5
SEED = 20260
TRAIN, CALIBRATION, TEST = 8000, 2000, 2000

HIDDEN, CLOUDS = 6, 2
"""Dimensions of the hidden space; clouds of a class in it."""

SPREAD = 0.62
"""Half-width of a cloud, relative to the distances of the centres."""

NOISE = 0.15
"""Half-width of the noise of a feature."""

_STEP, _LIMIT = 2.0**-10, 8.0


def load(train: int = TRAIN, calibration: int = CALIBRATION, test: int = TEST, *, seed: int = SEED) -> Splits:
    """The three splits, images (N, 16), each from a random stream of its own; one task whatever their sizes."""
    return Splits(train=split(train, seed, 0), calibration=split(calibration, seed, 1), test=split(test, seed, 2))


def split(count: int, seed: int, number: int) -> Split:
    """One split; classes are equally frequent."""
    task = np.random.default_rng([seed, 100])
    centres = uniform(task, -1.0, 1.0, (CLASSES, CLOUDS, HIDDEN))
    linear = uniform(task, -1.0, 1.0, (HIDDEN, FEATURES))
    square = uniform(task, -1.0, 1.0, (HIDDEN, HIDDEN, FEATURES))
    rng = np.random.default_rng([seed, number])
    labels = rng.permutation(np.arange(count, dtype=np.int64) % CLASSES)
    cloud = rng.integers(0, CLOUDS, count)
    points = centres[labels, cloud] + np.float32(SPREAD) * triangular(rng, (count, HIDDEN))
    values = _features(points, linear, square) + np.float32(NOISE) * triangular(rng, (count, FEATURES))
    rounded = np.clip(np.round(values / _STEP) * _STEP, -_LIMIT, _LIMIT - _STEP).astype(np.float32)
    return Split(images=torch.from_numpy(rounded), labels=torch.from_numpy(labels))


def _features(points: Real, linear: Real, square: Real) -> Real:
    """(N, HIDDEN) to (N, FEATURES), sums in the order of the dimensions."""
    values = np.zeros((len(points), FEATURES), dtype=np.float32)
    for i in range(HIDDEN):
        values += points[:, i, None] * linear[i]
        for j in range(i + 1):
            values += (points[:, i] * points[:, j])[:, None] * square[i, j] * np.float32(0.7)
    return values
