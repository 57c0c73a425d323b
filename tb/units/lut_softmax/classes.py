"""Classes of the elements of softmax rows: one input for each element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.rounding import Rounding, round_shift
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.tb.components.bins import BoolArray, Classes, Coverage, cover_parameters, names, stall_classes, stall_pairs

PARAMETERS = {"X_W": (2, 16), "DEPTH_W": (1,), "E_W": (4, 16), "OUT_W": tuple(range(2, 9)), "R_W": (32,), "LEN_W": (1,)}
"""Values of each parameter that must be tried."""
EVENTS = ("row longer than MAX_LEN", "reset with part of a row in", "reset with a row under way")


def classes(
    row: Sequence[int],
    table: SoftmaxTable,
    fmt: IntFormat,
    longest: int,
    *,
    stall_in: str = "none",
    stall_out: str = "none",
) -> Classes:
    """Which elements of a row are in which class.

    Args:
        row: L elements of the format fmt.
        table: the constants.
        fmt: of an element.
        longest: MAX_LEN, elements of the longest row.
        stall_in, stall_out: names of both sides' profiles.
    """
    x, length = np.array(row, dtype=np.int64), len(row)
    maximum = x.max(initial=fmt.lo)
    index = maximum - x
    e = np.where(index < table.depth, table.exp[np.minimum(index, table.depth - 1)], 0)
    shift = table.reciprocal_bits - table.output_bits
    total = int(e.sum())
    product = e * ((1 << table.reciprocal_bits) // max(total, 1))
    dropped, half, top = product & ((1 << shift) - 1), 1 << (shift - 1), (1 << table.output_bits) - 1
    rounded = round_shift(product, shift, Rounding.HALF_UP)
    at = np.arange(length)

    def every(holds: bool | np.bool_) -> BoolArray:
        return np.full(length, bool(holds))

    return {
        "length": {
            "row of one": every(length == 1),
            "row of two": every(length == 2),
            "row between": every(2 < length < longest),
            "row of MAX_LEN": every(length == longest),
        },
        "row": {
            "all equal": every(length > 1 and not index.any()),
            "one dominant element": every(length > 1 and np.count_nonzero(e) == 1),
            "several elements count": every(np.count_nonzero(e) > 1),
            "sum a power of two": every(total & (total - 1) == 0),
            "sum between powers of two": every(total & (total - 1) != 0),
        },
        "place": {
            "first element": at == 0,
            "last element": at == length - 1,
            "the maximum": index == 0,
            "below the maximum": index > 0,
            "maximum comes first": every(length > 1 and index[0] == 0),
            "maximum comes last": every(length > 1 and index[-1] == 0),
        },
        "index": {
            "index 0": index == 0,
            "index inside": (index > 0) & (index < table.depth - 1),
            "index of the last entry": index == table.depth - 1,
            "first index beyond the table": index == table.depth,
            "index further beyond": index > table.depth,
        },
        "element": {
            "element least": x == fmt.lo,
            "element largest": x == fmt.hi,
            "element inside": (x > fmt.lo) & (x < fmt.hi),
        },
        "sign": {"signed": every(fmt.signed), "unsigned": every(not fmt.signed)},
        "fraction": {
            "exact": dropped == 0,
            "below half": (dropped > 0) & (dropped < half),
            "tie": dropped == half,
            "above half": dropped > half,
        },
        "result": {
            "y 0": rounded == 0,
            "y between": (rounded > 0) & (rounded < top),
            "y largest, not saturated": rounded == top,
            "y saturates": rounded > top,
        },
        **stall_classes(stall_in, stall_out, length),
    }


def cover_unit(parameters: Mapping[str, int], table: SoftmaxTable, signs: Sequence[bool] = (True, False)) -> Coverage:
    """All bins of the unit; those that its widths, its table or its signs cannot reach are excluded."""
    fmt = IntFormat(bits=parameters["X_W"], signed=True)
    longest, elements = 1 << parameters["LEN_W"], 1 << fmt.bits
    base = classes([fmt.lo], table, fmt, longest)
    made = Coverage({**names(base), **names(stall_pairs(base)), "events": EVENTS})
    cover_parameters(made, PARAMETERS, parameters)
    for name, sign in (("signed", True), ("unsigned", False)):
        if sign not in signs:
            made.exclude("sign", name, "the module does not read elements so")
    if longest < 4:
        made.exclude("length", "row between", f"MAX_LEN = {longest}")
    if table.depth < 3:
        made.exclude("index", "index inside", "the table has two entries")
    for name, distance in (("first index beyond the table", table.depth), ("index further beyond", table.depth + 1)):
        if distance >= elements:
            made.exclude("index", name, f"no two elements are {distance} apart")
    return made
