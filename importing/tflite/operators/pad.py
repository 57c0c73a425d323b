"""PAD, PADV2, MIRROR_PAD: by the zero point around a map the convolutions after it pad, else numbers joined to it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.window import MAX_EXTENT
from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import surrounded, taken
from t2c.importing.tflite.placed import zero_point
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import golden_axis, in_own_order


@OPERATORS("PAD")
def pad(conversion: Conversion, op: TfliteOperator) -> None:
    """Around a map the convolutions after it pad: the package has no tensor of the result unless others read it."""
    _padded(conversion, op, None)


@OPERATORS("PADV2")
def padv2(conversion: Conversion, op: TfliteOperator) -> None:
    """With a number of its own."""
    if len(op.inputs) != 3:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a tensor, its paddings and a number are wanted"])
    values = conversion.constant(op, op.inputs[2], "INT8", "UINT8").reshape(-1)
    if values.size != 1:
        raise RefusedError([f"{op.label}: {values.size} numbers to pad with"])
    _padded(conversion, op, int(values[0]))


def _padded(conversion: Conversion, op: TfliteOperator, value: int | None) -> None:
    given, placed = conversion.source(op, 0, padded=True)
    rank, name = len(given.shape), node_name(op)
    amounts = _amounts(conversion, op, given)
    output = conversion.target(op, _grown(given, amounts), given.type)
    require_same_reading(op, given, output)
    point = zero_point(given) if value is None else value
    image = rank == 4 and given.shape[0] == 1 and not amounts[[0, 3]].any() and point == zero_point(given)
    if image:
        sides = tuple(int(n) for n in np.array(placed.pads) + amounts[1:3].reshape(-1))
        if max(sides) <= MAX_EXTENT:
            top, bottom, left, right = sides
            conversion.placed[output.index] = replace(placed, pads=(top, bottom, left, right))
            conversion.report(op, "", Exactness(grade=Grade.PADDING))
            return
    given, placed = conversion.source(op, 0)
    placed = in_own_order(conversion, op, "in", given, placed)
    edge = placed.edge
    for axis, (before, after) in enumerate(amounts.tolist()):
        if before or after:
            own = golden_axis(op, given, axis)
            edge = surrounded(conversion, name, edge, own, point, before, after)
    conversion.place(output, edge, lo=min(placed.lo, point), hi=max(placed.hi, point))
    conversion.report(op, edge, Exactness(grade=Grade.SAME))


def _amounts(conversion: Conversion, op: TfliteOperator, given: TfliteTensor) -> IntArray:
    """(rank, 2), before and behind each axis."""
    if len(op.inputs) < 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a tensor and its paddings are wanted"])
    numbers, rank = np.array(conversion.numbers(op, 1), np.int64), len(given.shape)
    label = conversion.model.tensors[op.inputs[1]].label
    if numbers.size != 2 * rank or numbers.min() < 0 or numbers.max() > MAX_EXTENT:
        raise RefusedError([f"{op.label}: {label} pads {given.label} of shape {given.shape} by {numbers.tolist()}"])
    amounts = numbers.reshape(rank, 2)
    if given.shape[0] == 1 and rank > 1 and amounts[0].any():
        raise RefusedError([f"{op.label}: {label} pads by {amounts.tolist()}; the batch is not padded"])
    return amounts


def _grown(given: TfliteTensor, amounts: IntArray) -> tuple[int, ...]:
    return tuple(extent + int(pair.sum()) for extent, pair in zip(given.shape, amounts, strict=True))


@OPERATORS("MIRROR_PAD")
def mirror_pad(conversion: Conversion, op: TfliteOperator) -> None:
    """REFLECT leaves the edge out, SYMMETRIC repeats it."""
    given, placed = conversion.source(op, 0)
    amounts, edge_again = _amounts(conversion, op, given), int(op.options["Mode"])
    output = conversion.target(op, _grown(given, amounts), given.type)
    require_same_reading(op, given, output)
    if edge_again not in (0, 1):
        raise RefusedError([f"{op.label}: mode {edge_again} is neither REFLECT nor SYMMETRIC"])
    placed = in_own_order(conversion, op, "in", given, placed)
    edge = placed.edge
    for axis, (before, after) in enumerate(amounts.tolist()):
        extent = given.shape[axis]
        if max(before, after) > extent - 1 + edge_again:
            raise RefusedError([f"{op.label}: a mirror of {max(before, after)} of {extent}"])
        if before or after:
            left = [i - edge_again for i in range(before, 0, -1)]
            right = [extent - 2 + edge_again - i for i in range(after)]
            own = golden_axis(op, given, axis)
            edge = taken(conversion, f"{node_name(op)}_{axis}", edge, own, [*left, *range(extent), *right])
    conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, Exactness(grade=Grade.SAME))
