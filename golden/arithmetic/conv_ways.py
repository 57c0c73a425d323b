"""The three ways to sum a convolution over a frame; all exact, each the quickest somewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from t2c.golden.arithmetic.exact import Bound, Matrix, bound, product
from t2c.golden.arithmetic.im2col import Frame
from t2c.golden.arithmetic.window import Window
from t2c.golden.arithmetic.workspace import scratch

KNOWN = 64
"""Ranges of inputs whose cuts are kept."""


@dataclass(frozen=True, eq=False)
class Operand:
    """Weights (groups, O / groups, C / groups, KH, KW) converted to one type, with what each way needs of them."""

    weights: Matrix
    _cuts: dict[tuple[int, int], list[slice] | None] = field(default_factory=dict, repr=False)

    @cached_property
    def matrix(self) -> Matrix:
        """(groups, O / groups, K): one row per output."""
        return self.weights.reshape(*self.weights.shape[:2], int(np.prod(self.weights.shape[2:])))

    @cached_property
    def stacked(self) -> Matrix:
        """(KH · O, KW · C) of the only group: one row per kernel row and output."""
        outputs, channels, kh, kw = self.weights.shape[1:]
        rows: Matrix = self.weights[0].transpose(2, 0, 3, 1).reshape(kh * outputs, kw * channels)
        return rows

    @cached_property
    def bound(self) -> Bound:
        """How large the sums get; for float types."""
        return bound(self.matrix)

    def cuts(self, low: int, high: int) -> list[slice] | None:
        """Return `bound.cuts`, kept: most inputs of a layer span the same range."""
        if (low, high) not in self._cuts:
            if len(self._cuts) >= KNOWN:
                self._cuts.clear()
            self._cuts[low, high] = self.bound.cuts(low, high)
        return self._cuts[low, high]


def row_wise(shape: tuple[int, ...], window: Window, positions: int) -> bool:
    """Return whether `by_rows` is the quickest way where one product is exact.

    Args:
        shape: of the weights, (groups, O / groups, C / groups, KH, KW); positions: N·OH·OW.
    """
    groups, outputs, _, kh, kw = shape
    return groups == 1 and window.stride[0] == 1 and (kh * kw == 1 or positions > 2 * outputs)


def accumulate(frame: Frame, operand: Operand, cuts: list[slice]) -> Matrix:
    """Return the sums at the output positions, (O, M), each row contiguous, as `product` does; scratch memory."""
    shape, (oh, ow) = operand.weights.shape, frame.size
    if len(cuts) == 1 and shape[0] > 1 and shape[2] == 1:
        return by_taps(frame, operand)
    if len(cuts) == 1 and row_wise(shape, frame.window, frame.batch * oh * ow):
        return by_rows(frame, operand)
    return by_columns(frame, operand, cuts)


def by_columns(frame: Frame, operand: Operand, cuts: list[slice]) -> Matrix:
    """im2col: gather every tap and multiply once, or once per part of K."""
    view, weights = frame.gather(), operand.matrix
    groups, outputs, depth = weights.shape
    columns = scratch("columns", view.shape, view.dtype)
    np.copyto(columns, view)
    count = int(np.prod(frame.positions[0]))
    out = scratch("sums", (groups, outputs, count), view.dtype)
    return product(weights, columns.reshape(groups, depth, count), cuts, out).reshape(-1, count)


def by_taps(frame: Frame, operand: Operand) -> Matrix:
    """Depthwise: multiply and add tap by tap; there is no sum over channels that a matrix product could share."""
    (groups, outputs, _, kh, kw), places = operand.weights.shape, frame.positions[0]
    taps, kernel = frame.gather(), operand.weights.reshape(groups, outputs, kh, kw, *(1 for _ in places))
    total, term = (scratch(slot, (groups, outputs, *places), taps.dtype) for slot in ("sums", "columns"))
    total[...] = 0
    for i in range(kh):
        for j in range(kw):
            np.multiply(taps[:, None, i, j], kernel[:, :, i, j], out=term)
            total += term
    return total.reshape(groups * outputs, -1)


def by_rows(frame: Frame, operand: Operand) -> Matrix:
    """Vertical stride 1: multiply the lanes by all KH rows of weights at once and add the results shifted.

    The lanes are KH times smaller than im2col's columns. Adding in the operands' type is within the bound over all K.
    """
    outputs, _, kh, _ = operand.weights.shape[1:]
    taps, count, down = frame.lanes, frame.positions[0][0], frame.window.dilation[0] * frame.size[1]
    stack = scratch("sums", (kh * outputs, taps.shape[-1]), taps.dtype)
    np.matmul(operand.stacked, taps.reshape(-1, taps.shape[-1]), out=stack)
    total: Matrix = stack[:outputs, :count]
    for i in range(1, kh):
        total += stack[i * outputs : (i + 1) * outputs, i * down : i * down + count]
    return total
