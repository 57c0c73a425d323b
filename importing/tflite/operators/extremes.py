"""MAXIMUM and MINIMUM of integers that are read alike: a table of a number, else the larger of two rows."""

from __future__ import annotations

import numpy as np

from t2c.golden.graph.operand import ConstantOperand
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.binary import FileOperand, alike, operands
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import joined, reshaped, tabulated
from t2c.importing.tflite.placed import every_integer, format_of, zero_point
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator


def _extreme(conversion: Conversion, op: TfliteOperator, *, largest: bool) -> None:
    left, right, output = operands(conversion, op)
    for each in (left, right):
        require_same_reading(op, each.tensor, output)
    held = next((each.held for each in (left, right) if each.held is not None), None)
    name = node_name(op)
    given = left if left.placed is not None else right
    if held is not None and held.size == 1 and given.tensor.shape == output.shape:
        assert given.placed is not None
        results = (np.maximum if largest else np.minimum)(every_integer(given.tensor), int(held.reshape(())))
        fmt = format_of(output)
        reached = results[given.placed.lo - fmt.lo : given.placed.hi - fmt.lo + 1]
        tabulated(conversion, name, given.edge, results, conversion.spec(output, name, given.placed.shape))
        conversion.place(output, name, like=given.placed, lo=int(reached.min()), hi=int(reached.max()))
        conversion.report(op, name, Exactness(grade=Grade.TABLE, reachable=reached.size))
        return
    _of_two(conversion, op, (left, right), largest=largest)


def _of_two(
    conversion: Conversion, op: TfliteOperator, pair: tuple[FileOperand, FileOperand], *, largest: bool
) -> None:
    """Two rows one behind the other, and the larger of each column; the smaller is the larger of those turned over."""
    left, right = pair
    output, name = conversion.model.tensors[op.outputs[0]], node_name(op)
    edge, other, like = alike(conversion, op, left, right, output)
    fmt, spec, shape = format_of(output), conversion.spec(output, name, like.shape), like.shape
    wide = (shape[0], 1, shape[1] * shape[2]) if len(shape) == 3 else (1, 1, like.order.size)
    over = fmt.lo + fmt.hi - every_integer(output)

    def row(what: str, given: str) -> str:
        if not largest:
            given = tabulated(conversion, f"{name}_{what}_over", given, over, spec)
        return reshaped(conversion, f"{name}_{what}", given, wide)

    first = row("left", edge)
    if isinstance(other, str):
        both = joined(conversion, f"{name}_both", [first, row("right", other)], 1)
    else:
        values = (other + zero_point(right.tensor if right.held is not None else left.tensor)).reshape(wide)
        constant = ConstantOperand(values=values if largest else fmt.lo + fmt.hi - values, format=fmt)
        both = f"{name}_both"
        conversion.builder.edge(conversion.spec(output, both, (wide[0], 2, wide[2])))
        conversion.node("concat_constant", both, (first,), both, axis=1, first=False, constant=constant)
    best = f"{name}_best"
    conversion.builder.edge(conversion.spec(output, best, wide))
    conversion.node("max_pool2d", best, (both,), best, kernel=(2, 1), stride=(1, 1))
    if not largest:
        best = tabulated(conversion, f"{name}_back", best, over, conversion.spec(output, name, wide))
    edge = reshaped(conversion, name, best, shape)
    conversion.place(output, edge, like=like)
    conversion.report(op, f"{name}_best", Exactness(grade=Grade.SAME))


@OPERATORS("MAXIMUM")
def maximum(conversion: Conversion, op: TfliteOperator) -> None:
    """The larger of two integers."""
    _extreme(conversion, op, largest=True)


@OPERATORS("MINIMUM")
def minimum(conversion: Conversion, op: TfliteOperator) -> None:
    """The smaller of two integers."""
    _extreme(conversion, op, largest=False)
