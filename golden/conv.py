"""Exact integer convolution: im2col or shifted rows, then matrix products of `golden.exact`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from golden.centre import centre, check_zero_point
from golden.errors import RangeError, ShapeError
from golden.exact import EXACT, Matrix, check_int64_sum, exact_cuts, peak, product
from golden.formats import IntArray, as_int64
from golden.im2col import Frame, make_frame
from golden.window import Window

BLOCK = 1 << 22
"""Elements of gathered input held at once; a larger batch is computed block by block."""

RESERVE = 1 << 24
"""Bytes asked for and freed, untouched, before the work: glibc then keeps freed blocks up to that size for the next
call. Otherwise it returns them to the kernel, and fetching their pages anew takes as long as the product itself."""


def conv2d(x: npt.ArrayLike, w: npt.ArrayLike, *, window: Window, groups: int = 1, zero_point: int = 0) -> IntArray:
    """Accumulate a convolution.

    acc[n, o, y, x] = Σ_{c,i,j} w[o, c, i, j] · (X[n, g·Cg + c, y·sh + i·dh - ph, x·sw + j·dw - pw] - zp)

    Args:
        x: (N, C, H, W) int, scale s_x, zero point zp; outside the image it is zp.
        w: (O, C / groups, KH, KW) int, scale s_w, zero point 0.
        window: kernel (KH, KW), stride, padding and dilation.
        groups: divides C and O; output o reads group ⌊o / (O / groups)⌋; groups = C is depthwise.
        zero_point: zp.

    Returns:
        (N, O, OH, OW) int64, scale s_x·s_w. Exact: no rounding, no saturation.

    Raises:
        RangeError: a float dtype, or the accumulator may not fit int64.
        ShapeError: shapes, groups and window do not match.

    Source: docs/arithmetic.md section 4.1.

    >>> conv2d([[[[255, 0]]]], [[[[-128, 1]]]], window=Window(kernel=(1, 2), padding=(0, 1)), zero_point=128).tolist()
    [[[[127, -16384, 16384]]]]
    """
    images, weights = _integers("x", x), _integers("w", w)
    zp = check_zero_point("zero_point", zero_point)
    _check_shapes(images, weights, window, groups)
    batch, (oh, ow) = images.shape[0], window.output_size(images.shape[2], images.shape[3])
    acc: IntArray = np.empty((batch, weights.shape[0], oh, ow), np.int64)
    if acc.size:
        np.empty(RESERVE, np.uint8)
        frame, kernel, cuts = _exact_operands(images, weights, window, groups, zp)
        step = max(1, BLOCK // max(1, images.shape[1] * window.taps * frame.image))
        for start in range(0, batch, step):
            _accumulate(frame.images(start, start + step), kernel, cuts, acc[start : start + step])
    return acc


def _integers(name: str, values: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return the array in its own integer dtype, at most int64."""
    array: npt.NDArray[Any] = np.asarray(values)
    return array if array.dtype.kind in "iu" and array.dtype != np.uint64 else as_int64(name, array)


def _check_shapes(x: npt.NDArray[Any], w: npt.NDArray[Any], window: Window, groups: int) -> None:
    if x.ndim != 4:
        raise ShapeError(f"x: shape {x.shape} is not (N, C, H, W)")
    if w.ndim != 4 or w.shape[2:] != window.kernel:
        raise ShapeError(f"w: shape {w.shape} is not (O, C / groups, {window.kernel[0]}, {window.kernel[1]})")
    if isinstance(groups, bool) or not isinstance(groups, (int, np.integer)) or groups < 1:
        raise RangeError(f"groups = {groups!r} is not a positive integer")
    if x.shape[1] % groups or w.shape[0] % groups or w.shape[1] * groups != x.shape[1]:
        raise ShapeError(f"conv2d: x {x.shape} and w {w.shape} do not split into {groups} groups")


def _exact_operands(
    x: npt.NDArray[Any], w: npt.NDArray[Any], window: Window, groups: int, zero_point: int
) -> tuple[Frame, Matrix, list[slice]]:
    """Return the frame, w as (groups, O / groups, C / groups, KH, KW) and the cuts of K, in the first exact type.

    Converting an integer to a float type is monotonic, so a magnitude below EXACT after the conversion was that
    integer before it. With a zero point, max|x| + |zp| below EXACT makes the conversion and the difference exact.
    """
    shape = (groups, w.shape[0] // groups, *w.shape[1:])
    largest = peak(x) + abs(zero_point) if zero_point else 0
    for dtype, limit in EXACT.items():
        if largest >= limit:
            continue
        kernel: Matrix = w.astype(dtype).reshape(shape)
        frame = make_frame(x, window, zero_point, dtype)
        cuts = exact_cuts(kernel.reshape(*shape[:2], -1), peak(frame.data))
        if cuts is not None:
            return frame, kernel, cuts
    kernel = w.astype(np.int64).reshape(shape)
    frame = make_frame(centre("x", x, zero_point), window, 0, np.int64)
    check_int64_sum(kernel.reshape(*shape[:2], -1), peak(frame.data))
    return frame, kernel, [slice(0, None)]


def _accumulate(frame: Frame, kernel: Matrix, cuts: list[slice], acc: IntArray) -> None:
    """Write the sums of the frame's images to acc (N, O, OH, OW) by the quickest exact way."""
    groups, outputs, channels, kh, kw = kernel.shape
    count = int(np.prod(frame.positions[0]))
    if groups > 1 and channels == 1 and len(cuts) == 1:
        result = _by_taps(frame, kernel, count)
    elif frame.window.stride == (1, 1) and len(cuts) == 1 and (kh * kw == 1 or count > 2 * outputs):
        result = _by_rows(frame, kernel, count)
    else:
        shape, strides = frame.positions
        columns = np.ascontiguousarray(frame.gather((kh, kw), shape, strides))
        weights = kernel.reshape(groups, outputs, channels * kh * kw)
        result = product(weights, columns.reshape(groups, channels * kh * kw, count), cuts)
    acc[...] = frame.scatter(result.reshape(groups * outputs, count))


def _by_taps(frame: Frame, kernel: Matrix, count: int) -> Matrix:
    """Depthwise: multiply and add tap by tap; there is no sum over channels that a matrix product could share."""
    groups, outputs, _, kh, kw = kernel.shape
    taps = frame.gather((kh, kw), *frame.positions)
    spread = (groups, outputs, *(1 for _ in frame.positions[0]))
    total: Matrix = np.zeros((groups, outputs, *frame.positions[0]), kernel.dtype)
    term = np.empty_like(total)
    for i in range(kh):
        for j in range(kw):
            np.multiply(taps[:, None, i, j], kernel[:, :, 0, i, j].reshape(spread), out=term)
            total += term
    return total


def _by_rows(frame: Frame, kernel: Matrix, count: int) -> Matrix:
    """Stride 1: gather the KW taps of one kernel row, multiply by all KH rows of weights, add the results shifted.

    The gathered input is KH times smaller than im2col's. Adding in the operands' type is within the bound over all K.
    """
    groups, outputs, channels, kh, kw = kernel.shape
    down = frame.window.dilation[0] * frame.pitch
    length = count + (kh - 1) * down
    row = frame.gather((1, kw), (length,), (1,))[:, 0]
    stacked = kernel.transpose(0, 3, 1, 2, 4).reshape(groups, kh * outputs, channels * kw)
    gathered = row.size if kw > 1 else 0
    room: Matrix = np.empty(gathered + groups * kh * outputs * length, kernel.dtype)  # one block: fewer page faults
    if kw > 1:
        np.copyto(room[:gathered].reshape(row.shape), row)
        row = room[:gathered]
    stack = room[gathered:].reshape(groups, kh * outputs, length)
    np.matmul(stacked, row.reshape(groups, channels * kw, length), out=stack)
    rows = stack.reshape(groups, kh, outputs, length)
    for i in range(1, kh):
        rows[:, 0, :, :count] += rows[:, i, :, i * down : i * down + count]
    return rows[:, 0, :, :count]
