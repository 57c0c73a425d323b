"""Cutting the calibration split out of the training images, by a seed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from t2c.golden.errors import RangeError

Indices = npt.NDArray[np.int64]


def cut(count: int, calibration: int, seed: int, place: str) -> tuple[Indices, Indices]:
    """Shuffle 0 .. count - 1 by seed and cut.

    Args:
        count: training images that there are.
        calibration: how many go into the calibration split.
        seed: of NumPy's PCG64.
        place: what the data are called in an error message.

    Returns:
        The indices of the training split and of the calibration split, disjoint, both in ascending order.

    Raises:
        RangeError: the cut leaves a split empty.
    """
    if not 1 <= calibration < count:
        raise RangeError(f"{place}: {calibration} calibration images cannot be cut from {count} training images")
    order = np.random.default_rng(seed).permutation(count).astype(np.int64)
    return np.sort(order[calibration:]), np.sort(order[:calibration])
