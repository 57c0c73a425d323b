"""AVG_POOL2D and MAX_POOL2D of TOSA by golden's sums, MulQuant and maximum.

TOSA divides a sum by the number of pixels inside the image, golden's MulQuant by one number for all: where padding
makes them differ, each pixel gets the constants of its own number, as channels do. A package has no such node.
"""

from __future__ import annotations

import numpy as np

from oracle.tosa.case import Ints, TosaCase, channels_first, channels_last, integer_format
from oracle.tosa.geometry import too_far, window_of
from t2c.golden.arithmetic import mulquant, pooling
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.window import Window

WIDTHS = Widths(acc=32, scale=32, bias=2)


def refused(case: TosaCase) -> str:
    """Why golden has no such pooling; "" if it has."""
    top, bottom, left, right = case.attributes["pad"]
    high, wide = case.attributes["kernel"]
    if 2 * max(top, bottom) > high or 2 * max(left, right) > wide:
        return "a pooling with padding above half the kernel (docs/arithmetic.md 4.5 and 5)"
    return too_far(case, (high, wide))


def maximum(case: TosaCase) -> Ints:
    """(N, OH, OW, C) of MAX_POOL2D."""
    window = window_of(case, tuple(case.attributes["kernel"]))
    return channels_last(pooling.max_pool2d(channels_first(case.inputs[0]), window))


def average(case: TosaCase) -> Ints:
    """(N, OH, OW, C) of AVG_POOL2D: golden's sums, then MulQuant with the constants of each pixel."""
    window = window_of(case, tuple(case.attributes["kernel"]))
    sums = pooling.average_pool2d(channels_first(case.inputs[0]), window, zero_point=case.one(1))
    divisors = pixels_inside(window, case.inputs[0].shape[1:3])
    counts, which = np.unique(divisors, return_inverse=True)
    multipliers, shifts = np.array([reciprocal(int(n)) for n in counts])[which.reshape(-1)].T
    fmt = integer_format(case.output_type)
    constants = MulQuant(
        multiplier=multipliers,
        bias=np.zeros(divisors.size, np.int64),
        shift=shifts,
        zero_point=case.one(2),
        lo=fmt.lo,
        hi=fmt.hi,
        widths=WIDTHS,
    )
    rows = sums.reshape(sums.shape[0] * sums.shape[1], divisors.size)
    return channels_last(mulquant.mulquant(rows, constants, channel_axis=1).reshape(sums.shape))


def pixels_inside(window: Window, image: tuple[int, ...]) -> Ints:
    """(OH, OW): how many taps of each place of a window lie inside an image (H, W)."""
    counts = []
    for axis, extent in enumerate(image):
        first = np.arange(window.output_size(image[0], image[1])[axis]) * window.stride[axis] - window.before[axis]
        counts.append(np.minimum(first + window.kernel[axis], extent) - np.maximum(first, 0))
    inside: Ints = np.outer(*counts)
    return inside


def reciprocal(count: int) -> tuple[int, int]:
    """(multiplier, shift) of TOSA's reciprocal_scale: of 31 bits, and rounded down.

    >>> reciprocal(1), reciprocal(9)
    ((1073741825, 30), (1908874355, 34))
    """
    more = (count - 1).bit_length()
    return (((1 << 30) + 1) << more) // count, 30 + more
