"""SOFTMAX: the host runs it, on the integers that the core gives."""

from __future__ import annotations

import math

from t2c.importing.errors import RefusedError
from t2c.importing.tflite.conversion import OPERATORS, Conversion
from t2c.importing.tflite.host import HostLargest, host
from t2c.importing.tflite.placed import format_of, zero_point
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.softmax import DIFF_BITS, LiteRtSoftmax, exponentials

LONGEST_ROW = 1 << 15
"""Elements whose exponentials LiteRT's 12 integer bits add up for certain: more than any classifier has."""


def _row(conversion: Conversion, op: TfliteOperator) -> int:
    """Length of the last axis of the input, which is the core's or the host's."""
    if not op.inputs or op.inputs[0] not in conversion.hosted:
        conversion.source(op, 0)
    given = conversion.activation(op, op.inputs[0])
    return given.shape[-1]


@OPERATORS("SOFTMAX")
def softmax(conversion: Conversion, op: TfliteOperator) -> None:
    """Along the last axis; the host's, and so is all behind it."""
    length = _row(conversion, op)
    given = conversion.activation(op, op.inputs[0])
    output = conversion.target(op, given.shape, given.type)
    beta, least = float(op.options["Beta"]), format_of(output).lo
    if not (math.isfinite(beta) and beta > 0):
        raise RefusedError([f"{op.label}: beta {beta} is not a positive number"])
    if beta * given.scales[0] * (1 << 31 - DIFF_BITS) < 1:
        raise RefusedError([f"{op.label}: {given.label}: scale {given.scales[0]} is too small for LiteRT"])
    if (output.scales[0], zero_point(output)) != (1 / 256, least):
        wanted = f"not 1/256 and zero point {least}"
        raise RefusedError([f"{op.label}: {output.label} has scale {output.scales[0]}, {wanted}"])
    if length > LONGEST_ROW:
        raise RefusedError([f"{op.label}: {given.label}: rows of {length}; {LONGEST_ROW} are the longest"])
    host(
        conversion,
        op,
        given,
        output,
        LiteRtSoftmax,
        exps=exponentials(given.scales[0], beta),
        length=length,
        least=least,
    )


@OPERATORS("ARG_MAX")
def arg_max(conversion: Conversion, op: TfliteOperator) -> None:
    """Along the last axis; the host's."""
    length = _row(conversion, op)
    given = conversion.activation(op, op.inputs[0])
    rank = len(given.shape)
    if conversion.numbers(op, 1) not in ([rank - 1], [-1]):
        raise RefusedError([f"{op.label}: {given.label}: the largest along the last axis is read"])
    if len(op.outputs) != 1:
        raise RefusedError([f"{op.label}: {len(op.outputs)} outputs; one is wanted"])
    output = conversion.tensor(op, op.outputs[0], "INT32", "INT64")
    if output.shape not in (given.shape[:-1], (*given.shape[:-1], 1)):
        raise RefusedError([f"{op.label}: {output.label} has shape {output.shape}"])
    host(conversion, op, given, output, HostLargest, length=length)
