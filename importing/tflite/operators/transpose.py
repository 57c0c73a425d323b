"""TRANSPOSE as a view."""

from __future__ import annotations

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion, golden_shape, node_name
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import transposed

_SOURCE_AXES = {2: (1,), 3: (1, 2), 4: (3, 1, 2)}
"""By the number of axes: which of the source's, the batch counted, golden's shape has, in order."""


@OPERATORS("TRANSPOSE")
def transpose(conversion: Conversion, op: TfliteOperator) -> None:
    """The batch stays first."""
    given, placed = conversion.source(op, 0)
    rank = len(given.shape)
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a tensor and its axes are wanted"])
    axes = conversion.constant(op, op.inputs[1], "INT32").reshape(-1).tolist()
    if sorted(axes) != list(range(rank)) or axes[0] != 0:
        raise RefusedError([f"{op.label}: axes {axes} of {given.label} of shape {given.shape}; the batch stays first"])
    if any(placed.pads) or placed.shape != golden_shape(given.shape[1:]):
        raise RefusedError([f"{op.label}: {given.label} is padded, or a view of another shape"])
    output, name = conversion.target(op, tuple(given.shape[axis] for axis in axes)), node_name(op)
    require_same_reading(op, given, output)
    here = _SOURCE_AXES[rank]
    transposed(conversion, name, given, placed.edge, placed.shape, tuple(here.index(axes[axis]) for axis in here))
    conversion.place(output, name, lo=placed.lo, hi=placed.hi)
    conversion.report(op, name, Exactness(grade=Grade.SAME))
