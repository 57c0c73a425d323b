"""All operators of a file in their order, and every reason why one cannot be imported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.network import ImportedNetwork, NetworkBuilder
from t2c.importing.tflite.conversion import OPERATORS, Conversion, Convert
from t2c.importing.tflite.ends import begin, end
from t2c.importing.tflite.schema import TfliteModel, TfliteOperator
from t2c.importing.tflite.versions import VERSIONS

JUDGE = "LiteRT 2.3.0, BUILTIN_REF"
"""Whose kernels say what a file means."""


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
    taken = begin(conversion)
    for op in model.operators:
        _convert(conversion, op)
    edge, given = end(conversion)
    return builder.finish(taken.edge, edge, taken=taken, given=given)


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
        if not op.inputs or not op.outputs:
            raise RefusedError([f"{op.label}: it has no inputs or no outputs"])
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
        if index not in conversion.placed:
            try:
                placed = conversion.place(conversion.activation(op, index), f"refused_{index}")
            except ValueError:
                continue
            conversion.placed[index] = replace(placed)
