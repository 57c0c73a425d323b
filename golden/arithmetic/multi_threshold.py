"""A staircase by integer comparisons: q = base + how many thresholds x reaches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, check_int, check_range, in_range
from t2c.golden.arithmetic.mulquant import ACTIVATION_HI, ACTIVATION_LO
from t2c.golden.errors import RangeError, ShapeError

THRESHOLD_LO, THRESHOLD_HI = ACTIVATION_LO, ACTIVATION_HI + 1
"""Of a threshold: every element reaches the first, none the last."""
THRESHOLD_BITS = 18
"""Signed, of both."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Thresholds:
    """Where a staircase steps up by one.

    thresholds: (1, K) int for all channels or (C, K), K >= 1, -2^15..2^16, none below the one before it;
    base: the result below the first, inside -2^15..2^16 - 1.

    Raises:
        RangeError: a value outside its range, or thresholds that fall.
        ShapeError: not a matrix, or an empty one.
    """

    thresholds: IntArray
    base: int = 0

    def __post_init__(self) -> None:
        check_int("base", self.base, ACTIVATION_LO, ACTIVATION_HI)
        values = check_range("thresholds", self.thresholds, THRESHOLD_LO, THRESHOLD_HI).copy()
        if values.ndim != 2 or not values.size:
            raise ShapeError(f"thresholds: shape {values.shape} is not (1, K) or (C, K)")
        if (falls := np.diff(values, axis=1) < 0).any():
            channel, step = (int(i) for i in np.argwhere(falls)[0])
            raise RangeError(f"thresholds[{channel}, {step + 1}] is below the one before it")
        values.setflags(write=False)
        object.__setattr__(self, "thresholds", values)

    @property
    def channels(self) -> int:
        """Number of channels; 1 means per tensor."""
        return int(self.thresholds.shape[0])

    @property
    def steps(self) -> int:
        """K: results are base..base + K."""
        return int(self.thresholds.shape[1])


def multi_threshold(x: npt.ArrayLike, params: Thresholds, *, channel_axis: int = 1) -> IntArray:
    """Count the thresholds that each element reaches: q[n, c, ...] = base + sum_k [x[n, c, ...] >= T[c, k]].

    Args:
        x: int, any shape, in -2^15..2^16 - 1.
        params: thresholds and base; per channel they run along channel_axis.
        channel_axis: axis of x that the channels lie on; ignored per tensor.

    Returns:
        int64, shape of x, base..base + K. Exact: there is nothing to round.

    Raises:
        RangeError: a float dtype or an element outside -2^15..2^16 - 1.
        ShapeError: the channel axis does not have params.channels elements.

    Source: MultiThreshold of FINN (FPGA 2017, streamlining) and QONNX; docs/arithmetic.md section 7.4.

    >>> import numpy as np
    >>> stairs = Thresholds(thresholds=np.array([[-1, 2, 2]]), base=-1)
    >>> multi_threshold([-2, -1, 1, 2, 3], stairs).tolist()
    [-1, 0, 0, 2, 2]
    """
    value = in_range("x", x, ACTIVATION_LO, ACTIVATION_HI)
    if params.channels == 1:
        return np.searchsorted(params.thresholds[0], value, side="right") + np.int64(params.base)
    if value.ndim <= channel_axis or value.shape[channel_axis] != params.channels:
        raise ShapeError(f"x: axis {channel_axis} of shape {value.shape} does not have {params.channels} channels")
    out = np.empty(value.shape, np.int64)
    for row, source, target in zip(
        params.thresholds, np.moveaxis(value, channel_axis, 0), np.moveaxis(out, channel_axis, 0), strict=True
    ):
        target[...] = np.searchsorted(row, source, side="right")
    out += params.base
    return out
