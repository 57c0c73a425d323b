"""All operators of a file in their order, and every reason why one cannot be imported."""

from __future__ import annotations

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.network import ImportedNetwork, NetworkBuilder
from t2c.importing.tflite.conversion import INPUT, OPERATORS, Conversion, Convert, Placed, golden_order, golden_shape
from t2c.importing.tflite.schema import TfliteModel, TfliteOperator
from t2c.importing.tflite.versions import VERSIONS

JUDGE = "LiteRT 2.3.0, BUILTIN_REF"
"""Whose kernels say what a file means."""
_BEGINNING = TfliteOperator(index=-1, kind="", version=1, inputs=(), outputs=(), options={}, fault="")


def convert(model: TfliteModel, name: str, file: str) -> ImportedNetwork:
    """Turn a file's operators into a network.

    Args:
        model: the file.
        name: of the graph.
        file: its name, for the report.

    Raises:
        RefusedError: with every reason.
    """
    builder = NetworkBuilder(name=name, source=f"{file}, TFLite int8 as {JUDGE} computes it")
    conversion = Conversion(model=model, builder=builder, placed={})
    ends = len(model.inputs), len(model.outputs)
    if ends != (1, 1):
        raise RefusedError([f"it has {ends[0]} inputs and {ends[1]} outputs; one of each is wanted"])
    try:
        if not conversion.quantises(model.inputs[0]):
            conversion.place(conversion.activation(_BEGINNING, model.inputs[0]), INPUT)
    except RefusedError as error:
        builder.refuse(error.reasons[0].replace(_BEGINNING.label, "input"))
    for op in model.operators:
        _convert(conversion, op)
    output = conversion.placed.get(model.outputs[0] if conversion.host is None else conversion.host)
    if output is None and not builder.reasons:
        builder.refuse(f"output: {model.tensors[model.outputs[0]].label} is not an output of an operator")
    if output and any(output.pads):
        builder.refuse(f"output: {model.tensors[model.outputs[0]].label} is padded, which only a convolution can take")
    return builder.finish(INPUT, output.edge if output else "")


def _convert(conversion: Conversion, op: TfliteOperator) -> None:
    """Convert one operator, or note why it cannot be; what comes after it is looked at all the same."""
    try:
        converter = OPERATORS.find(op.kind)
        if converter is None:
            raise RefusedError([f"{op.label} cannot be imported"])
        if op.fault:
            raise RefusedError([f"{op.label}: {op.fault}"])
        if not 1 <= op.version <= VERSIONS[op.kind]:
            raise RefusedError([f"{op.label}: version {op.version} is outside 1..{VERSIONS[op.kind]}"])
        if conversion.host is not None and op.kind != "DEQUANTIZE":
            raise RefusedError([f"{op.label}: it comes after an operator that the host runs"])
        with np.errstate(all="ignore"):  # of scales, which are looked at
            _convert_checked(conversion, op, converter)
    except RefusedError as error:
        for reason in error.reasons:
            conversion.builder.refuse(reason)
        _stand_in(conversion, op)


def _convert_checked(conversion: Conversion, op: TfliteOperator, converter: Convert) -> None:
    try:
        converter(conversion, op)
    except OverflowError as error:
        raise RefusedError([f"{op.label}: its scales are too far apart"]) from error


def _stand_in(conversion: Conversion, op: TfliteOperator) -> None:
    """Take the outputs of an operator that was refused as they are declared, to look at the operators after it."""
    for index in op.outputs:
        tensor = conversion.model.tensors[index]
        shape = tensor.shape[1:]
        if index not in conversion.placed and shape and not tensor.reason:
            conversion.placed[index] = Placed(edge="", shape=golden_shape(shape), order=golden_order(shape))
