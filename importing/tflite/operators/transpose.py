"""TRANSPOSE as views; axes of extent 1, the batch too, may lie anywhere."""

from __future__ import annotations

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import reshaped, transposed
from t2c.importing.tflite.placed import sample_shape
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator
from t2c.importing.tflite.views import in_own_order, in_source_order, place_in_source_order


@OPERATORS("TRANSPOSE")
def transpose(conversion: Conversion, op: TfliteOperator) -> None:
    """Where golden's axes are the source's in another order, one view does."""
    given, placed = conversion.source(op, 0)
    rank, name = len(given.shape), node_name(op)
    if len(op.inputs) != 2:
        raise RefusedError([f"{op.label}: {len(op.inputs)} inputs; a tensor and its axes are wanted"])
    axes = conversion.numbers(op, 1)
    if sorted(axes) != list(range(rank)):
        raise RefusedError([f"{op.label}: axes {axes} of {given.label} of shape {given.shape}"])
    output = conversion.target(op, tuple(given.shape[axis] for axis in axes), given.type)
    require_same_reading(op, given, output)
    placed = in_own_order(conversion, op, "in", given, placed)
    if rank == 4 and axes[0] == 0 and given.shape[0] == 1 and len(sample_shape(output.shape)) == 3:
        own = (3, 1, 2)
        edge = transposed(conversion, name, placed.edge, tuple(own.index(axes[axis]) for axis in own))
        conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
    else:
        whole = reshaped(conversion, f"{name}_whole", in_source_order(conversion, name, given, placed), given.shape)
        turned = transposed(conversion, f"{name}_turned", whole, tuple(axes))
        edge = place_in_source_order(conversion, name, output, turned, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, Exactness(grade=Grade.SAME))
