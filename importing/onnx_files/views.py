"""What moves numbers and changes none: on edges a node, on sums and the float input a move for later."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.reshape import Reshape
from t2c.golden.nodes.transpose import Transpose
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.values import Activation, FileValue, FloatInput, Mapped, Move, PendingSums, Unknown
from t2c.importing.onnx_files.walk import SilentError, Walk


def moved(walk: Walk, node: OnnxNode, value: FileValue, move: Move) -> FileValue:
    """Move a value; raise RefusedError for what has no place."""
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, Activation):
        return walk.move(value, move, node, node.outputs[0])
    if isinstance(value, PendingSums):
        return value.moved(move)
    if isinstance(value, FloatInput):
        return replace(value, moves=(*value.moves, move), shape=move.shape)
    if isinstance(value, Mapped) and not move.rising:
        return replace(value, source=walk.move(value.source, move, node, f"{node.outputs[0]}.moved"))
    raise RefusedError([f"{node.place}: {value.what} where an activation is to be"])


def reshape_move(node: OnnxNode, shape: Sequence[int], wanted: Sequence[int]) -> Move:
    """Read a sample of a shape in another one, -1 for what follows from the rest; raise RefusedError if none does."""
    count, extents = math.prod(shape), list(wanted)
    if extents.count(-1) == 1:
        rest = math.prod(extent for extent in extents if extent != -1)
        extents[extents.index(-1)] = count // rest if rest > 0 else 0
    if not extents or min(extents) < 1 or math.prod(extents) != count:
        raise RefusedError([f"{node.place}: shape {tuple(wanted)} for {count} elements a sample"])
    target = tuple(extents)
    flat = len(shape) == 3 and len(target) == 1

    def make(name: str, source: str, output: str) -> Node:
        if flat:
            return Flatten(name=name, inputs=(source,), output=output)
        return Reshape(name=name, inputs=(source,), output=output, shape=target)

    return Move(make=make, op="flatten" if flat else "reshape", shape=target)


def transpose_move(node: OnnxNode, shape: Sequence[int], axes: Sequence[int]) -> Move:
    """Put the axes of a sample in another order, counted with the batch; raise RefusedError if that moves."""
    if sorted(axes) != list(range(len(shape) + 1)) or axes[0] != 0:
        raise RefusedError(
            [f"{node.place}: perm = {tuple(axes)} of {len(shape) + 1} axes, of which the first, the batch, stays"]
        )
    own = tuple(axis - 1 for axis in axes[1:])

    def make(name: str, source: str, output: str) -> Node:
        return Transpose(name=name, inputs=(source,), output=output, axes=own)

    spec = TensorSpec(name="x", shape=tuple(shape), bits=8, signed=True)
    return Move(make=make, op=Transpose.op, shape=make("node", "x", "y").output_shape([spec]))
