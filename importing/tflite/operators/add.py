"""ADD of two activations: three rescales in LiteRT's kernel, one sum of products in golden's."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.add import Pairs, requantise_add
from t2c.importing.errors import RefusedError
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.conversion import OPERATORS, Conversion, Placed, node_name, zero_point
from t2c.importing.tflite.multiplier import quantized_multiplier, twice
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor

LEFT_SHIFT = 20


def sums(a: IntArray, b: IntArray, scales: tuple[float, float, float]) -> IntArray:
    """Result of LiteRT's reference ADD before zero point and clip.

    Args:
        a, b: operands without their zero points, broadcast against each other.
        scales: of a, b and the result, float32.

    Source: `AddElementwise` of LiteRT's reference_integer_ops and `Prepare` of its add kernel.
    """
    double_max = 2 * max(scales[:2])
    parts = []
    for values, scale in ((a, scales[0]), (b, scales[1])):
        m, e = quantized_multiplier(scale / double_max)
        parts.append(twice(values << LEFT_SHIFT, np.array(m), np.array(e)))
    m, e = quantized_multiplier(double_max / float(np.float32(1 << LEFT_SHIFT) * np.float32(scales[2])))
    return twice(parts[0] + parts[1], np.array(m), np.array(e))


@OPERATORS("ADD")
def add(conversion: Conversion, op: TfliteOperator) -> None:
    """Two activations of one shape."""
    (left, at_left), (right, at_right) = conversion.source(op, 0), conversion.source(op, 1)
    output, name = conversion.target(op, left.shape), node_name(op)
    _require_alike(op, (left, at_left), (right, at_right))
    lo, hi = output_range(op, output)
    a = np.arange(at_left.lo, at_left.hi + 1, dtype=np.int64) - zero_point(left)
    b = np.arange(at_right.lo, at_right.hi + 1, dtype=np.int64) - zero_point(right)
    scales = (left.scales[0], right.scales[0], output.scales[0])
    if 2 * max(scales[:2]) / ((1 << LEFT_SHIFT) * scales[2]) >= 1:
        raise RefusedError([f"{op.label}: {output.label}: scales {scales} are too far apart for LiteRT"])
    result = np.clip(sums(a[:, None], b[None, :], scales) + zero_point(output), lo, hi)
    pairs = Pairs(a=a, b=b, result=result, zero_point=zero_point(output), lo=lo, hi=hi)
    constants, exactness = requantise_add(pairs, scales[0] / scales[2], scales[1] / scales[2])
    conversion.node("add", name, (at_left.edge, at_right.edge), name, constants, addquant=constants.addquant)
    conversion.place(output, name, shape=at_left.shape, order=at_left.order, lo=lo, hi=hi)
    conversion.report(op, name, exactness)


def _require_alike(op: TfliteOperator, left: tuple[TfliteTensor, Placed], right: tuple[TfliteTensor, Placed]) -> None:
    """Refuse operands of different shapes, or whose elements lie differently, or that are padded."""
    (first, at_first), (second, at_second) = left, right
    if first.shape != second.shape:
        raise RefusedError([f"{op.label}: {first.label} of shape {first.shape} and {second.label} of {second.shape}"])
    if at_first.shape != at_second.shape or not np.array_equal(at_first.order, at_second.order):
        raise RefusedError([f"{op.label}: {first.label} and {second.label} are views that lie differently"])
    for tensor, placed in (left, right):
        if any(placed.pads):
            raise RefusedError([f"{op.label}: {tensor.label} is padded, which only a convolution after it can take"])
