"""Averages over windows of maps or rows; where padding does not count, each part of the image has its own divisor."""

from __future__ import annotations

from t2c.golden.arithmetic.window import Window, four_sides
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, integers
from t2c.importing.onnx_files.products import average_sums
from t2c.importing.onnx_files.values import Activation, FileValue, PendingJoin, PendingSums
from t2c.importing.onnx_files.views import moved_activation, part_move, view_move
from t2c.importing.onnx_files.walk import Walk
from t2c.importing.onnx_files.window import image_window
from t2c.importing.window_runs import WindowRun, runs_of

MOST_PARTS = 64
"""Parts of a map with divisors of their own."""


def _as_map(walk: Walk, node: OnnxNode, x: Activation) -> Activation:
    """Rows (C, L) as a map of one row."""
    if len(x.shape) == 2:
        return moved_activation(walk, node, x, [view_move(x.shape, (x.shape[0], 1, x.shape[1]))], "row")
    if len(x.shape) != 3:
        raise RefusedError([f"{node.place}: an average over shape {x.shape}; it takes maps (N, C, H, W)"])
    return x


def averages(walk: Walk, node: OnnxNode, x: Activation) -> FileValue:
    """AveragePool or QLinearAveragePool.

    Raises:
        RefusedError: attributes that golden has not.
    """
    axes = len(x.shape) - 1
    image = _as_map(walk, node, x)
    counts = bool(integer(node, "count_include_pad", 0))
    window = image_window(node, integers(node, "kernel_shape", (), axes), x.shape[1:], overhang=not counts)
    if window.dilation != (1, 1):
        raise RefusedError([f"{node.place}: a dilated average"])
    if any(window.padding) and not counts:
        found: FileValue = _in_parts(walk, node, image, window)
    else:
        found = average_sums(node, image, window, window.taps)
    if axes == 2:
        return found
    if not isinstance(found, PendingSums):
        raise RefusedError([f"{node.place}: an average of rows whose padding does not count"])
    return found.moved(view_move(found.shape, (found.shape[0], found.shape[2])))


def whole_average(walk: Walk, node: OnnxNode, x: Activation) -> PendingSums:
    """The average of each channel, (C, 1, 1) or (C, 1)."""
    image = _as_map(walk, node, x)
    window = Window(kernel=(image.shape[1], image.shape[2]))
    sums = average_sums(node, image, window, window.taps)
    return sums if len(x.shape) == 3 else sums.moved(view_move(sums.shape, (sums.shape[0], 1)))


def _in_parts(walk: Walk, node: OnnxNode, x: Activation, window: Window) -> PendingJoin:
    """Averages of parts of the image, joined row by row."""
    top, bottom, left, right = four_sides(window.padding)
    runs: list[list[WindowRun]] = []
    for axis, before, after in ((0, top, bottom), (1, left, right)):
        size, kernel, stride = x.shape[1 + axis], window.kernel[axis], window.stride[axis]
        count = (size + before + after - kernel) // stride + 1
        runs.append(runs_of(kernel=kernel, stride=stride, before=before, size=size, count=count))
    rows, columns = runs
    if not 1 <= len(rows) * len(columns) <= MOST_PARTS:
        count = len(rows) * len(columns)
        raise RefusedError(
            [f"{node.place}: padding that does not count, in {count} parts with divisors of their own; {MOST_PARTS}"]
        )
    joins = []
    for y, row in enumerate(rows):
        parts: list[FileValue] = []
        for z, column in enumerate(columns):
            moves = [part_move(x.shape, 1, row.start, row.length)]
            moves.append(part_move(moves[0].shape, 2, column.start, column.length))
            part = moved_activation(walk, node, x, moves, f"part{y}x{z}m")
            own = Window(kernel=(row.kernel, column.kernel), stride=(row.stride, column.stride))
            parts.append(average_sums(node, part, own, own.taps))
        joins.append(PendingJoin(parts=tuple(parts), axis=2))
    shape = (x.shape[0], sum(row.count for row in rows), sum(column.count for column in columns))
    return PendingJoin(parts=tuple(joins), axis=1, shape=shape)
