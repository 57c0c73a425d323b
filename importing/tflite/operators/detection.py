"""TFLite_Detection_PostProcess, with which SSD networks end: the host's, in floats, of boxes and scores of the core."""

from __future__ import annotations

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion
from t2c.importing.tflite.schema import TfliteOperator

KIND = "CUSTOM 'TFLite_Detection_PostProcess'"


@OPERATORS(KIND)
def detection_postprocess(conversion: Conversion, op: TfliteOperator) -> None:
    """Inputs: boxes, scores, anchors; boxes and scores become outputs of the package."""
    if len(op.inputs) != 3 or len(op.outputs) < 2 or not conversion.is_constant(op, 2):
        raise RefusedError([f"{op.label}: boxes, scores and constant anchors are wanted"])
    roots = []
    for position in (0, 1):
        index = op.inputs[position]
        if index not in conversion.hosted:
            conversion.source(op, position)
        roots.append(conversion.hosted.get(index, index))
    for position, index in enumerate(op.outputs):
        if any(index in other.inputs for other in conversion.model.operators):
            raise RefusedError([f"{op.label}: {conversion.model.tensors[index].label} is read by another operator"])
        conversion.hosted[index] = roots[min(position, 1)]
    conversion.report(op, "", Exactness(grade=Grade.FLOAT))
