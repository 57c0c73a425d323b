"""Classes of the elements of rows: one input for each lane of a beat, those beyond the end of a row in none but one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.tb.components.bins import Classes, Coverage
from t2c.tb.units.lut_softmax import classes as plain
from t2c.tb.units.row_classes import RowLanes, cover_rows
from t2c.tb.units.row_space import Row
from t2c.tb.units.softmax_rows.rows import SoftmaxSpace

PARAMETERS = {
    "X_W": (2, 16),
    "LANES": (1, 2, 4, 8, 16),
    "LEN_W": (1,),
    "E_W": (4, 16),
    "R_W": (6, 32),
    "OUT_W": tuple(range(2, 9)),
}
"""Values of each parameter that must be tried."""
OF_ELEMENTS = ("row", "place", "index", "element", "fraction", "result")
"""Classes that do not depend on how elements come."""


def classes(row: Row, table: SoftmaxTable, space: SoftmaxSpace, stall_in: str, stall_out: str) -> Classes:
    """Which lanes of a row's beats are in which class.

    Args:
        row: elements; table: with R and P; space: of the unit.
        stall_in, stall_out: names of both sides' profiles.
    """
    lanes = RowLanes(len(row), space)
    each, every = lanes.each, lanes.every
    found = plain.classes(row, table, space.fmt, space.longest)
    total = int(sum(table.padded[min(max(row) - x, table.depth)] for x in row))
    return {
        **lanes.classes(stall_in, stall_out),
        **{group: {name: each(inside) for name, inside in found[group].items()} for group in OF_ELEMENTS},
        "sum": {f"sum needs bit {b}": every(total >> b == 1) for b in range(sum_bits(space))},
        "R": {f"R = {r}": every(table.reciprocal_bits == r) for r in space.reciprocal_bits},
        "P": {f"P = {p}": every(table.output_bits == p) for p in space.result_bits},
        "table": {
            "table of every index": every(table.depth == 1 << space.fmt.bits),
            "table that ends before": every(table.depth < 1 << space.fmt.bits),
        },
    }


def sum_bits(space: SoftmaxSpace) -> int:
    """Bits of the largest sum that a row can have."""
    widest = min(space.parameters["E_W"], max(space.reciprocal_bits) - min(space.result_bits))
    return (space.longest * ((1 << widest) - 1)).bit_length()


def cover_unit(space: SoftmaxSpace, signs: Sequence[bool] = (True, False)) -> Coverage:
    """All bins of the unit; those that its widths or its signs cannot reach are excluded."""
    base = classes([space.fmt.lo], space.any_table(), space, "none", "none")
    made = cover_rows(space, base, PARAMETERS, signs)
    for group, name, reason in _out_of_reach(space):
        made.exclude(group, name, reason)
    return made


def _out_of_reach(space: SoftmaxSpace) -> Iterator[tuple[str, str, str]]:
    """Bins that no row of this unit can be in, and why."""
    for r in space.reciprocal_bits:
        if r < min(space.result_bits) + 4:
            yield "R", f"R = {r}", "no P goes with it"
