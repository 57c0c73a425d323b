"""What moves numbers and changes none: on edges a node, on sums and the float input a move for later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from t2c.common.shown import shown
from t2c.golden.graph.node import Node
from t2c.golden.nodes.concat import Concatenate
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.slice import Slice
from t2c.golden.nodes.transpose import Transpose
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.values import Activation, FileValue, FloatInput, Mapped, Move, PendingSums, Unknown
from t2c.importing.onnx_files.walk import SilentError, Walk

MOST_TIMES = 256
"""How often a tensor is repeated at most."""


def moved(walk: Walk, node: OnnxNode, value: FileValue, move: Move, tensor: str = "") -> FileValue:
    """Move a value; raise RefusedError for what has no place. tensor: of the file, the node's output if it is empty."""
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, Activation):
        return walk.move(value, move, node, tensor or node.outputs[0])
    if isinstance(value, PendingSums):
        return value.moved(move)
    if isinstance(value, FloatInput):
        return replace(value, moves=(*value.moves, move), shape=move.shape)
    if isinstance(value, Mapped) and not move.rising:
        return replace(value, source=walk.move(value.source, move, node, f"{tensor or node.outputs[0]}.moved"))
    raise RefusedError([f"{node.place}: {value.what} where an activation is to be"])


def reshape_move(node: OnnxNode, shape: Sequence[int], wanted: Sequence[int]) -> Move:
    """Read a sample of a shape in another one, -1 for what follows from the rest; raise RefusedError if none does."""
    count, extents = math.prod(shape), list(wanted)
    if extents.count(-1) == 1:
        rest = math.prod(extent for extent in extents if extent != -1)
        extents[extents.index(-1)] = count // rest if rest > 0 else 0
    if not extents or min(extents) < 1 or math.prod(extents) != count:
        raise RefusedError([f"{node.place}: shape {tuple(wanted)} for {count} elements a sample"])
    return view_move(shape, extents)


def view_move(shape: Sequence[int], wanted: Sequence[int]) -> Move:
    """Read a sample of a shape in another one of as many elements."""
    target = tuple(wanted)
    flat = len(shape) == 3 and len(target) == 1

    def make(name: str, source: str, output: str) -> Node:
        if flat:
            return Flatten(name=name, inputs=(source,), output=output)
        return Reshape(name=name, inputs=(source,), output=output, shape=target)

    kept = tuple(shape)[:1] == target[:1]
    return Move(make=make, op="flatten" if flat else "reshape", shape=target, channels=kept)


def transpose_move(node: OnnxNode, shape: Sequence[int], axes: Sequence[int]) -> Move:
    """Put the axes of a sample in another order, counted with the batch; raise RefusedError if that moves."""
    if sorted(axes) != list(range(len(shape) + 1)) or axes[0] != 0:
        raise RefusedError(
            [f"{node.place}: perm = {tuple(axes)} of {len(shape) + 1} axes, of which the first, the batch, stays"]
        )
    return turn_move(shape, [axis - 1 for axis in axes[1:]])


def turn_move(shape: Sequence[int], axes: Sequence[int]) -> Move:
    """The axes of a sample in another order."""
    own = tuple(axes)

    def make(name: str, source: str, output: str) -> Node:
        return Transpose(name=name, inputs=(source,), output=output, axes=own)

    return Move(make=make, op=Transpose.op, shape=tuple(shape[axis] for axis in own), axes=own)


def part_move(shape: Sequence[int], axis: int, start: int, length: int) -> Move:
    """start .. start + length - 1 along an axis."""

    def make(name: str, source: str, output: str) -> Node:
        return Slice(name=name, inputs=(source,), output=output, axis=axis, start=start, length=length)

    return Move(make=make, op=Slice.op, shape=(*shape[:axis], length, *shape[axis + 1 :]), channels=axis > 0)


def again_move(shape: Sequence[int], axis: int, times: int) -> Move:
    """The whole so often along an axis."""

    def make(name: str, source: str, output: str) -> Node:
        return Concatenate(name=name, inputs=(source,) * times, output=output, axis=axis)

    wide = (*shape[:axis], times * shape[axis], *shape[axis + 1 :])
    return Move(make=make, op=Concatenate.op, shape=wide, channels=axis > 0)


def chosen_moves(node: OnnxNode, shape: Sequence[int], axis: int, indices: Sequence[int]) -> list[Move]:
    """The elements with these numbers along an axis: a run, equal strides, or each equally often.

    Raises:
        RefusedError: another choice.
    """
    extent, count, wanted = shape[axis], len(indices), list(indices)
    before, after = tuple(shape[:axis]), tuple(shape[axis + 1 :])
    if wanted == list(range(extent)):
        return []
    if count and wanted == list(range(wanted[0], wanted[0] + count)):
        return [part_move(shape, axis, wanted[0], count)]
    times = count // extent if count % extent == 0 else 0
    if 1 < times <= MOST_TIMES and wanted == [i for i in range(extent) for _ in range(times)]:
        single = (*before, extent, 1, *after)
        return [
            view_move(shape, single),
            again_move(single, axis + 1, times),
            view_move((*before, extent, times, *after), (*before, count, *after)),
        ]
    step = wanted[1] - wanted[0] if count > 1 else 0
    begin = min(wanted[0], extent - step * count) if count else 0
    if step > 1 and wanted == list(range(wanted[0], wanted[0] + step * count, step)) and 0 <= wanted[0] - begin < step:
        moves = [] if (begin, step * count) == (0, extent) else [part_move(shape, axis, begin, step * count)]
        rows = (*before, count, step, *after)
        if begin >= 0:
            return [
                *moves,
                view_move((*before, step * count, *after), rows),
                part_move(rows, axis + 1, wanted[0] - begin, 1),
                view_move((*before, count, 1, *after), (*before, count, *after)),
            ]
    raise RefusedError([f"{node.place}: elements {shown(wanted)} of {extent}, which no equal steps give"])


def moved_through(walk: Walk, node: OnnxNode, value: FileValue, moves: Sequence[Move]) -> FileValue:
    """Move a value several times; raise RefusedError for what has no place."""
    for index, move in enumerate(moves):
        last = index == len(moves) - 1
        value = moved(walk, node, value, move, node.outputs[0] if last else f"{node.outputs[0]}.move{index}")
    return value


def moved_activation(walk: Walk, node: OnnxNode, x: Activation, moves: Sequence[Move], what: str) -> Activation:
    """The same of an activation, for an operator that reads it so."""
    for index, move in enumerate(moves):
        x = walk.move(x, move, node, f"{node.outputs[0]}.{what}{index}")
    return x
