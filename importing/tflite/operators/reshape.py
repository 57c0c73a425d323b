"""RESHAPE: the elements in their order in another shape; a view."""

from __future__ import annotations

import math

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import place_view


@OPERATORS("RESHAPE")
def reshape(conversion: Conversion, op: TfliteOperator) -> None:
    """The output's own shape says what becomes of it; the second input, if any, says the same."""
    given, placed = conversion.source(op, 0)
    if any(placed.pads):
        raise RefusedError([f"{op.label}: {given.label} is padded, which only a convolution after it can take"])
    output = conversion.activation(op, op.outputs[0]) if len(op.outputs) == 1 else None
    if output is None or math.prod(output.shape) != math.prod(given.shape):
        raise RefusedError([f"{op.label}: {given.label} of shape {given.shape} has another size than its output"])
    require_same_reading(op, given, output)
    name = place_view(conversion, op, given, output)
    conversion.report(op, name, Exactness(grade=Grade.SAME))
