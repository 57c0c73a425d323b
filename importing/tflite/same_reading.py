"""Operators that move integers: input and output are to be read alike."""

from __future__ import annotations

from t2c.importing.errors import RefusedError
from t2c.importing.tflite.placed import zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor


def require_same_reading(op: TfliteOperator, given: TfliteTensor, output: TfliteTensor) -> None:
    """Refuse another scale or zero point."""
    if (given.scales[0], zero_point(given)) != (output.scales[0], zero_point(output)):
        raise RefusedError([f"{op.label}: {given.label} and {output.label} differ in scale or zero point"])
