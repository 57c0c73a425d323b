"""RESHAPE, SQUEEZE, EXPAND_DIMS: the elements in their order in another shape; a view."""

from __future__ import annotations

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion
from t2c.importing.tflite.host import HostView, host
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import place_view, size_of


def _view(conversion: Conversion, op: TfliteOperator) -> None:
    """The output's own shape says what becomes of it; other inputs, if any, say the same."""
    hosted = bool(op.inputs) and op.inputs[0] in conversion.hosted
    given = conversion.activation(op, op.inputs[0]) if hosted else conversion.source(op, 0)[0]
    output = conversion.activation(op, op.outputs[0], given.type) if len(op.outputs) == 1 else None
    if output is None or size_of(output) != size_of(given):
        raise RefusedError([f"{op.label}: {given.label} of shape {given.shape} has another size than its output"])
    require_same_reading(op, given, output)
    if hosted:
        host(conversion, op, given, output, HostView)
        return
    name = place_view(conversion, op, given, output)
    conversion.report(op, name, Exactness(grade=Grade.SAME))


for _kind in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"):
    OPERATORS.register(_kind, _view)
