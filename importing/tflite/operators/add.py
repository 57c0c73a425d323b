"""ADD and SUB: three rescales in LiteRT's kernel, one sum of products in golden's; one operand may be constant."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.graph.operand import ConstantOperand
from t2c.importing.add import Pairs, requantise_add
from t2c.importing.constants import signed_bits
from t2c.importing.errors import RefusedError
from t2c.importing.tflite.activation import output_range
from t2c.importing.tflite.binary import alike, operands
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.multiplier import quantized_multiplier, twice
from t2c.importing.tflite.placed import zero_point
from t2c.importing.tflite.schema import TfliteOperator

LEFT_SHIFT = 20


def sums(a: IntArray, b: IntArray, scales: tuple[float, float, float], sign: int = 1) -> IntArray:
    """Result of LiteRT's reference ADD, or SUB with sign = -1, before zero point and clip.

    Args:
        a, b: operands without their zero points, broadcast against each other.
        scales: of a, b and the result, float32.
        sign: of the second operand.

    Source: `AddElementwise` of LiteRT's reference_integer_ops and `Prepare` of its add and sub kernels.
    """
    double_max = 2 * max(scales[:2])
    parts = []
    for values, scale in ((a, scales[0]), (b, scales[1])):
        m, e = quantized_multiplier(scale / double_max)
        parts.append(twice(values << LEFT_SHIFT, np.array(m), np.array(e)))
    m, e = quantized_multiplier(double_max / float(np.float32(1 << LEFT_SHIFT) * np.float32(scales[2])))
    return twice(parts[0] + sign * parts[1], np.array(m), np.array(e))


def _sum(conversion: Conversion, op: TfliteOperator, sign: int) -> None:
    left, right, output = operands(conversion, op)
    name = node_name(op)
    lo, hi = output_range(op, output)
    scales = (left.tensor.scales[0], right.tensor.scales[0], output.scales[0])
    if 2 * max(scales[:2]) / ((1 << LEFT_SHIFT) * scales[2]) >= 1:
        raise RefusedError([f"{op.label}: {output.label}: scales {scales} are too far apart for LiteRT"])
    a, b, factors = left.integers, right.integers, (scales[0] / scales[2], sign * scales[1] / scales[2])
    result = np.clip(sums(a[:, None], b[None, :], scales, sign) + zero_point(output), lo, hi)
    if left.placed is None:  # golden's constant comes second
        a, b, factors, result = b, a, factors[::-1], result.T
    pairs = Pairs(a=a, b=b, result=result, zero_point=zero_point(output), lo=lo, hi=hi)
    constants, exactness = requantise_add(pairs, *factors)
    edge, other, like = alike(conversion, op, left, right, output)
    if isinstance(other, str):
        conversion.node("add", name, (edge, other), name, constants, addquant=constants.addquant)
    else:
        fmt = IntFormat(bits=max(signed_bits(other), 2), signed=True)
        operand = ConstantOperand(values=other, format=fmt)
        conversion.node("add_constant", name, (edge,), name, constants, constant=operand, addquant=constants.addquant)
    conversion.place(output, name, like=like, lo=lo, hi=hi)
    conversion.report(op, name, exactness)


@OPERATORS("ADD")
def add(conversion: Conversion, op: TfliteOperator) -> None:
    """a + b."""
    _sum(conversion, op, 1)


@OPERATORS("SUB")
def sub(conversion: Conversion, op: TfliteOperator) -> None:
    """a - b."""
    _sum(conversion, op, -1)
