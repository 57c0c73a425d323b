"""MEAN, SUM and REDUCE_MAX over any axes: a pooling of the whole map, with LiteRT's own division for a mean."""

from __future__ import annotations

import math

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.requantise import requantise
from t2c.importing.rule import Reach
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import reshaped, transposed
from t2c.importing.tflite.multiplier import LiteRtRule, quantized_multiplier
from t2c.importing.tflite.placed import Placed, format_of, golden_shape, sample_shape, zero_point
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor
from t2c.importing.tflite.views import golden_axis, in_own_order, place_in_source_order
from t2c.importing.tflite.weighted import refuse_overflow, refuse_shift


def mean_multiplier(scale: float, output_scale: float, count: int) -> tuple[int, int]:
    """Multiplier and shift of a mean of so many elements: the division is part of the multiplier, floored.

    Source: `reference_ops::QuantizedMeanOrSum` of LiteRT.
    """
    m, e = quantized_multiplier(scale / output_scale)
    shift = min(count.bit_length() - 1, 32, 31 + e)
    return (m << shift) // count, e - shift


def _reduced(
    conversion: Conversion, op: TfliteOperator
) -> tuple[TfliteTensor, Placed, TfliteTensor, str, tuple[int, int]]:
    """Input and output; the edge as a map (kept, reduced, 1), and the two extents."""
    given, placed = conversion.source(op, 0)
    rank = len(given.shape)
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a tensor and its axes are wanted"])
    axes = sorted(set(conversion.numbers(op, 1)))
    if not axes or any(not -rank <= axis < rank for axis in axes):
        raise RefusedError([f"{op.label}: axes {axes} of {given.label} of shape {given.shape}"])
    axes = sorted({axis % rank for axis in axes})
    kept = [1 if axis in axes else extent for axis, extent in enumerate(given.shape)]
    shape = tuple(kept) if op.options["KeepDims"] else tuple(n for i, n in enumerate(given.shape) if i not in axes)
    output, name = conversion.target(op, shape, given.type), node_name(op)
    gone = {golden_axis(op, given, axis) for axis in axes if given.shape[axis] > 1}
    own = golden_shape(sample_shape(given.shape))
    left = [axis for axis in range(len(own)) if axis not in gone]
    count, rest = math.prod(own[axis] for axis in gone), math.prod(own[axis] for axis in left)
    edge = in_own_order(conversion, op, "in", given, placed).edge
    if gone == {1, 2} and len(own) == 3:
        return given, placed, output, edge, (rest, count)
    # what stays comes first, in the file's order, so that the result is in that order too
    source = [axis for axis in ((1, 2, 0) if len(own) == 3 else range(len(own))) if axis in left]
    turned = transposed(conversion, f"{name}_turned", edge, (*source, *sorted(gone)))
    return given, placed, output, reshaped(conversion, f"{name}_rows", turned, (rest, count, 1)), (rest, count)


def _place(conversion: Conversion, op: TfliteOperator, output: TfliteTensor, edge: str, lo: int, hi: int) -> None:
    """Make the output of the pooling's edge (kept, 1, 1)."""
    rest, name = conversion.shape_of(edge)[0], node_name(op)
    if output.shape == (1, 1, 1, rest):
        conversion.place(output, reshaped(conversion, name, edge, (rest, 1, 1)), lo=lo, hi=hi)
        return
    flat = reshaped(conversion, f"{name}_flat", edge, (rest,))
    place_in_source_order(conversion, name, output, flat, lo=lo, hi=hi)


def _averaged(conversion: Conversion, op: TfliteOperator, *, divided: bool) -> None:
    given, placed, output, edge, (rest, count) = _reduced(conversion, op)
    zero, fmt = zero_point(given), format_of(output)
    scale, output_scale = given.scales[0], output.scales[0]
    m, e = mean_multiplier(scale, output_scale, count if divided else 1)
    refuse_shift(op, output, e)
    rule = LiteRtRule.of_tensor(m, e, zero_point=zero_point(output), lo=fmt.lo, hi=fmt.hi)
    reach = Reach(lo=np.array([count * (placed.lo - zero)]), hi=np.array([count * (placed.hi - zero)]))
    refuse_overflow(op, output, rule, reach)
    done = requantise(
        rule, reach, zero_point=rule.zero_point, lo=rule.lo, hi=rule.hi, source=rule.constants(), place=op.label
    )
    kernel = conversion.shape_of(edge)[1:]
    made = f"{node_name(op)}_map"
    conversion.builder.edge(conversion.spec(output, made, (rest, 1, 1)))
    conversion.node(
        "average_pool2d",
        made,
        (edge,),
        made,
        done.constants,
        kernel=kernel,
        stride=(1, 1),
        mulquant=done.constants.mulquant,
    )
    _place(conversion, op, output, made, fmt.lo, fmt.hi)
    conversion.report(op, made, done.exactness)


@OPERATORS("MEAN")
def mean(conversion: Conversion, op: TfliteOperator) -> None:
    """With or without the reduced axes in the output's shape."""
    _averaged(conversion, op, divided=True)


@OPERATORS("SUM")
def sum_(conversion: Conversion, op: TfliteOperator) -> None:
    """The same without a division; of int8 LiteRT's kernel (`QuantizedMeanOrSum` of reduce.cc) reads bytes as uint8."""
    if conversion.model.tensors[op.inputs[0]].type == "INT8":
        raise RefusedError([f"{op.label}: LiteRT's reference kernel takes int8 for uint8, and its sums are none"])
    _averaged(conversion, op, divided=False)


@OPERATORS("REDUCE_MAX")
def reduce_max(conversion: Conversion, op: TfliteOperator) -> None:
    """The largest."""
    given, placed, output, edge, (rest, _) = _reduced(conversion, op)
    require_same_reading(op, given, output)
    kernel = conversion.shape_of(edge)[1:]
    made = f"{node_name(op)}_map"
    conversion.builder.edge(conversion.spec(output, made, (rest, 1, 1)))
    conversion.node("max_pool2d", made, (edge,), made, kernel=kernel, stride=(1, 1))
    _place(conversion, op, output, made, placed.lo, placed.hi)
    conversion.report(op, made, Exactness(grade=Grade.SAME))
