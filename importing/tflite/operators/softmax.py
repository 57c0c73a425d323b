"""SOFTMAX at the end of a network: the host runs it, on the integers that the core gives."""

from __future__ import annotations

import math

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion, zero_point
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.softmax import LiteRtSoftmax, exponentials


@OPERATORS("SOFTMAX")
def softmax(conversion: Conversion, op: TfliteOperator) -> None:
    """Along the last axis of a vector; nothing comes after it."""
    given, placed = conversion.source(op, 0)
    output = conversion.target(op, given.shape)
    beta = float(op.options["Beta"])
    if len(given.shape) != 2:
        raise RefusedError([f"{op.label}: {given.label} has shape {given.shape}; (1, features) is wanted"])
    if not (math.isfinite(beta) and beta > 0):
        raise RefusedError([f"{op.label}: beta {beta} is not a positive number"])
    if (output.scales[0], zero_point(output)) != (1 / 256, -128):
        raise RefusedError([f"{op.label}: {output.label} has scale {output.scales[0]}, not 1/256 and zero point -128"])
    if not conversion.is_last(op):
        raise RefusedError([f"{op.label}: operators come after it, and the core has no softmax of LiteRT's"])
    conversion.builder.host.append(LiteRtSoftmax(name=output.name, exps=exponentials(given.scales[0], beta)))
    conversion.host = given.index
    conversion.placed[output.index] = placed
    conversion.report(op, "", Exactness(grade=Grade.HOST))
