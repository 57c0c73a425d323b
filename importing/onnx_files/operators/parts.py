"""Slice, Split, Pad, Resize and Upsample: parts of tensors, repeated ones, and constants around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from t2c.common.shown import shown
from t2c.golden.graph.node import Node
from t2c.golden.graph.operand import ConstantOperand
from t2c.golden.nodes.concat_constant import ConcatConstant
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, integers, operator, real, text
from t2c.importing.onnx_files.values import Activation, FileConstant, FileValue, Move, Unknown
from t2c.importing.onnx_files.views import chosen_moves, moved_through, part_move
from t2c.importing.onnx_files.walk import SilentError, Walk, shape_of

LARGEST_PADDING = 4096


def _list(walk: Walk, node: OnnxNode, index: int, name: str, default: Sequence[int] = ()) -> list[int]:
    """Integers at an input, or in an attribute of older versions."""
    if walk.has(node, index):
        values = walk.constant(node, index, f"its {name}")
        if values.dtype.kind not in "iu" or values.ndim > 1:
            raise RefusedError([f"{node.place}: {name} of {values.dtype}, shape {values.shape}"])
        return [int(each) for each in values.reshape(-1)]
    return list(integers(node, name, tuple(default)))


def _axis(node: OnnxNode, axis: int, rank: int) -> int:
    """Counted without the batch, which stays; rank: with it."""
    if not -rank <= axis < rank or axis % rank == 0:
        raise RefusedError([f"{node.place}: axis {axis} of {rank}, of which the first, the batch, stays"])
    return axis % rank - 1


@operator("Slice")
def slice_(walk: Walk, node: OnnxNode) -> FileValue:
    """Starts, ends, axes and steps, constant."""
    value = walk.value(node, 0)
    starts, ends = _list(walk, node, 1, "starts"), _list(walk, node, 2, "ends")
    axes, steps = _list(walk, node, 3, "axes", range(len(starts))), _list(walk, node, 4, "steps", [1] * len(starts))
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise RefusedError([f"{node.place}: starts {starts}, ends {ends}, axes {axes}, steps {steps}"])
    parts = {axis: slice(start, end, step) for axis, start, end, step in zip(axes, starts, ends, steps, strict=True)}
    if isinstance(value, FileConstant):
        rank = value.values.ndim
        if any(not -rank <= axis < rank for axis in axes):
            raise RefusedError([f"{node.place}: axes {axes} of {rank}"])
        chosen = [slice(None)] * rank
        for axis, each in parts.items():
            chosen[axis % rank] = each
        return FileConstant(values=value.values[tuple(chosen)])
    shape, moves = shape_of(node, value), []
    for axis, each in parts.items():
        rank = len(shape) + 1
        if -rank <= axis < rank and axis % rank == 0 and each.start == 0 and each.stop > 0 and each.step == 1:
            continue  # the whole batch
        place = _axis(node, axis, rank)
        indices = list(range(*each.indices(shape[place])))
        if not indices:
            raise RefusedError([f"{node.place}: nothing is left of axis {axis}"])
        moves += chosen_moves(node, shape, place, indices)
        shape = moves[-1].shape if moves else shape
    return moved_through(walk, node, value, moves)


@operator("Split")
def split(walk: Walk, node: OnnxNode) -> tuple[FileValue, ...]:
    """Parts along an axis, of equal lengths unless it says others."""
    value = walk.value(node, 0)
    shape, count = shape_of(node, value), len(node.outputs)
    place = _axis(node, integer(node, "axis", 0), len(shape) + 1)
    extent = shape[place]
    each = -(-extent // count)
    lengths = _list(walk, node, 1, "split", [min(each, extent - each * i) for i in range(count)])
    if len(lengths) != count or sum(lengths) != extent or min(lengths) < 1:
        raise RefusedError([f"{node.place}: {extent} in parts of {shown(lengths)}"])
    found, start = [], 0
    for index, length in enumerate(lengths):
        one = OnnxNode(**{**vars(node), "outputs": (node.outputs[index],), "name": f"{node.name or node.op}_{index}"})
        found.append(moved_through(walk, one, value, [part_move(shape, place, start, length)]))
        start += length
    return tuple(found)


@operator("Pad")
def pad(walk: Walk, node: OnnxNode) -> FileValue:
    """Of an activation, by one of its integers."""
    value = walk.value(node, 0)
    if isinstance(value, Unknown):
        raise SilentError
    if not isinstance(value, Activation):
        raise walk.refuse(node, 0, "a quantised activation")
    if text(node, "mode", "constant") != "constant":
        raise RefusedError([f"{node.place}: mode {shown(text(node, 'mode', 'constant'))}; constant is read"])
    rank, pads = len(value.shape) + 1, _list(walk, node, 1, "pads")
    axes = _list(walk, node, 3, "axes", range(rank))
    if len(pads) != 2 * len(axes) or min(pads, default=0) < 0 or max(pads, default=0) > LARGEST_PADDING:
        raise RefusedError([f"{node.place}: pads = {shown(pads)} of {rank} axes"])
    number = walk.number(node, 2, "its number") if walk.has(node, 2) else real(node, "value", 0.0)
    spec = value.spec
    level = number / float(value.scale) + spec.zero_point if value.real else number
    if level != np.rint(level) or not spec.format.lo <= level <= spec.format.hi:
        raise RefusedError([f"{node.place}: it pads with {number:g}, which is no integer of {spec.format}"])
    moves: list[Move] = []
    shape = value.shape
    for index, axis in enumerate(axes):
        for count, first in ((pads[index], True), (pads[len(axes) + index], False)):
            if count:
                moves.append(_around(shape, _axis(node, axis, rank), count, first, int(level), value))
                shape = moves[-1].shape
    return moved_through(walk, node, value, moves)


def _around(shape: Sequence[int], axis: int, count: int, first: bool, level: int, value: Activation) -> Move:
    """So many of one integer before or behind an axis."""
    held = np.full((*shape[:axis], count, *shape[axis + 1 :]), level, np.int64)
    constant = ConstantOperand(values=held, format=value.spec.format)

    def make(name: str, source: str, output: str) -> Node:
        return ConcatConstant(name=name, inputs=(source,), output=output, axis=axis, first=first, constant=constant)

    return Move(make=make, op=ConcatConstant.op, shape=(*shape[:axis], shape[axis] + count, *shape[axis + 1 :]))


def nearest(node: OnnxNode, size: int, wanted: int, scale: float) -> list[int]:
    """Which element each of the result is, in float32, as onnxruntime's Resize computes it."""
    where = text(node, "coordinate_transformation_mode", "asymmetric" if node.op == "Upsample" else "half_pixel")
    how = text(node, "nearest_mode", "floor" if node.op == "Upsample" else "round_prefer_floor")
    x, ratio = np.arange(wanted, dtype=np.float32), np.float32(scale)
    if wanted == size and ratio == 1:
        return list(range(size))
    places: dict[str, Any] = {
        "half_pixel": (x + np.float32(0.5)) / ratio - np.float32(0.5),
        "pytorch_half_pixel": (x + np.float32(0.5)) / ratio - np.float32(0.5) if wanted > 1 else 0 * x,
        "asymmetric": x / ratio,
        "align_corners": x * np.float32(size - 1) / np.float32(wanted - 1) if wanted > 1 else 0 * x,
    }
    rounds: dict[str, Any] = {
        "floor": np.floor,
        "ceil": np.ceil,
        "round_prefer_floor": lambda v: np.where(v == np.floor(v) + np.float32(0.5), np.floor(v), np.round(v)),
        "round_prefer_ceil": lambda v: np.floor(v + np.float32(0.5)),
    }
    if where not in places or how not in rounds:
        raise RefusedError([f"{node.place}: {shown(where)} with {shown(how)}"])
    found = np.clip(rounds[how](places[where]), 0, size - 1).astype(np.int64)
    return [int(each) for each in found]


@operator("Resize")
def resize(walk: Walk, node: OnnxNode) -> FileValue:
    """The nearest element, each equally often or in equal steps; scales or sizes are constant."""
    return _resized(walk, node, 2, 3)


@operator("Upsample")
def upsample(walk: Walk, node: OnnxNode) -> FileValue:
    """The same of older versions."""
    return _resized(walk, node, 1, 9)


def _resized(walk: Walk, node: OnnxNode, at_scales: int, at_sizes: int) -> FileValue:
    value = walk.value(node, 0)
    shape = shape_of(node, value)
    if text(node, "mode", "nearest") != "nearest" or integer(node, "antialias", 0) or "axes" in node.attributes:
        raise RefusedError([f"{node.place}: mode {shown(text(node, 'mode', 'nearest'))}, or axes; nearest is read"])
    scales = walk.constant(node, at_scales, "its scales") if walk.has(node, at_scales) else np.zeros(0, np.float32)
    rank = len(shape) + 1
    if scales.size:
        if scales.size != rank or scales.dtype.kind != "f" or not (np.isfinite(scales) & (scales > 0)).all():
            raise RefusedError([f"{node.place}: scales {shown(scales.tolist())} of {rank} axes"])
        ratios = [float(each) for each in scales.reshape(-1)]
        sizes = [math.floor(np.float32(n) * np.float32(ratio)) for n, ratio in zip(shape, ratios[1:], strict=True)]
        whole = ratios[0] == 1
    else:
        wanted = _list(walk, node, at_sizes, "sizes")
        if len(wanted) != rank:
            raise RefusedError([f"{node.place}: sizes {shown(wanted)} of {rank} axes"])
        sizes, whole = wanted[1:], True
        ratios = [1.0, *(float(np.float32(size) / np.float32(n)) for size, n in zip(sizes, shape, strict=True))]
    if not whole or min(sizes) < 1 or max(sizes) >= 1 << 16:
        raise RefusedError([f"{node.place}: sizes {shown(sizes)}"])
    moves: list[Move] = []
    for axis, (size, ratio) in enumerate(zip(sizes, ratios[1:], strict=True)):
        now = moves[-1].shape if moves else shape
        moves += chosen_moves(node, now, axis, nearest(node, now[axis], size, ratio))
    return moved_through(walk, node, value, moves)
