"""Operators of two operands: activations of shapes that broadcast, or one of them a constant."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.errors import RefusedError
from t2c.importing.tflite.conversion import Conversion, node_name
from t2c.importing.tflite.edges import reshaped, taken
from t2c.importing.tflite.placed import Placed, format_of, golden_order, golden_shape, sample_shape, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import in_own_order


@dataclass(frozen=True, kw_only=True, eq=False)
class FileOperand:
    """tensor: of the file; placed: of an activation, else None; held: the integers of a constant, (1, ...) as the
    output's rank has it, else None."""

    tensor: TfliteTensor
    placed: Placed | None
    held: IntArray | None

    @property
    def integers(self) -> IntArray:
        """Every integer that it can be, without its zero point."""
        if self.held is not None:
            return np.unique(self.held) - zero_point(self.tensor)
        assert self.placed is not None
        return np.arange(self.placed.lo, self.placed.hi + 1, dtype=np.int64) - zero_point(self.tensor)

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the largest of them."""
        every = self.integers
        return int(every.min()), int(every.max())

    @property
    def edge(self) -> str:
        """Of an activation."""
        assert self.placed is not None
        return self.placed.edge


def operands(conversion: Conversion, op: TfliteOperator) -> tuple[FileOperand, FileOperand, TfliteTensor]:
    """Both operands and the output; raise RefusedError if they are none, or shapes do not broadcast."""
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; two are wanted"])
    held = [conversion.is_constant(op, position) for position in (0, 1)]
    if all(held):
        raise RefusedError([f"{op.label}: both of its inputs are constants"])
    tensors = [conversion.model.tensors[index] if index >= 0 else None for index in op.inputs]
    shapes = [tensor.shape if tensor else () for tensor in tensors]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        pair = " and ".join(f"{tensor.label} of shape {tensor.shape}" for tensor in tensors if tensor)
        raise RefusedError([f"{op.label}: {pair}"]) from None
    found = [(_constant if constant else _activation)(conversion, op, i, len(shape)) for i, constant in enumerate(held)]
    given = next(each for each in found if each.placed is not None)
    output = conversion.target(op, shape, given.tensor.type)
    if len({each.tensor.type for each in found}) > 1:
        raise RefusedError([f"{op.label}: {found[0].tensor.label} and {found[1].tensor.label} have other types"])
    return found[0], found[1], output


def _constant(conversion: Conversion, op: TfliteOperator, position: int, rank: int) -> FileOperand:
    index = op.inputs[position]
    values = conversion.constant(op, index, "INT8", "UINT8")
    tensor = conversion.model.tensors[index]
    conversion.quantisation(op, tensor, 1)
    return FileOperand(tensor=tensor, placed=None, held=values.reshape((1,) * (rank - values.ndim) + values.shape))


def _activation(conversion: Conversion, op: TfliteOperator, position: int, rank: int) -> FileOperand:
    tensor, placed = conversion.source(op, position)
    del rank
    return FileOperand(tensor=tensor, placed=placed, held=None)


def alike(
    conversion: Conversion, op: TfliteOperator, left: FileOperand, right: FileOperand, output: TfliteTensor
) -> tuple[str, str | IntArray, Placed]:
    """Edges of both operands in the output's shape, the second an edge or numbers, and how the output lies.

    Returns:
        edge of the first that is an activation, edge or numbers (of golden's shape, zero point taken off) of the other.
    """
    first, second = (left, right) if left.placed is not None else (right, left)
    assert first.placed is not None
    if second.held is not None:
        if first.tensor.shape == output.shape:
            edge, like = first.placed.edge, first.placed
        else:
            edge = broadcast(conversion, op, "a", first, output.shape)
            like = _own(output, edge)
        spread = np.broadcast_to(second.held, output.shape).reshape(-1) - zero_point(second.tensor)
        values = np.empty(spread.size, np.int64)
        values[like.order] = spread
        return edge, values.reshape(like.shape), like
    assert second.placed is not None
    same = first.tensor.shape == second.tensor.shape and first.placed.rows == second.placed.rows
    if same:
        return first.placed.edge, second.placed.edge, first.placed
    edges = [broadcast(conversion, op, what, each, output.shape) for what, each in (("a", first), ("b", second))]
    return edges[0], edges[1], _own(output, edges[0])


def _own(output: TfliteTensor, edge: str) -> Placed:
    """How a tensor lies that lies as golden's do."""
    shape, fmt = sample_shape(output.shape), format_of(output)
    return Placed(edge=edge, shape=golden_shape(shape), order=golden_order(shape), lo=fmt.lo, hi=fmt.hi)


def broadcast(
    conversion: Conversion, op: TfliteOperator, what: str, operand: FileOperand, wanted: tuple[int, ...]
) -> str:
    """An edge of an activation repeated to a shape, which lies as golden's tensors do."""
    name, tensor = node_name(op, what), operand.tensor
    assert operand.placed is not None
    placed = in_own_order(conversion, op, what, tensor, operand.placed)
    aligned = (1,) * (len(wanted) - len(tensor.shape)) + tensor.shape
    goal = golden_shape(sample_shape(wanted))
    own = aligned[len(wanted) - len(goal) :]
    source = sample_shape(tensor.shape)
    edge = placed.edge
    if math.prod(own) != math.prod(source):
        raise RefusedError([f"{op.label}: {tensor.label} of shape {tensor.shape} does not spread to {wanted}"])
    shape = golden_shape(own)
    if len(source) == 3 and len(own) != 3:
        raise RefusedError([f"{op.label}: {tensor.label} of shape {tensor.shape} does not spread to {wanted}"])
    if len(source) != 3 and len(own) == 3 and sum(extent > 1 for extent in own[:2]) and own[2] > 1:
        raise RefusedError([f"{op.label}: {tensor.label} of shape {tensor.shape} does not spread to {wanted}"])
    edge = reshaped(conversion, f"{name}_shape", edge, shape)
    for axis, (have, want) in enumerate(zip(shape, goal, strict=True)):
        if have != want:
            edge = taken(conversion, f"{name}_{axis}", edge, axis, [0] * want)
    return edge
