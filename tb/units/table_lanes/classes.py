"""Classes of the cycles of table_lanes: one input for each cycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.tb.components.bins import BoolArray, Classes
from t2c.tb.components.value_classes import bit_classes

PARAMETERS = {"ROW_LANES": (0, 1, 2)}
"""Values of the parameter that must be tried."""


@dataclass(frozen=True, kw_only=True)
class LookUp:
    """What goes in for one cycle. page: of all lanes; data: pattern of each lane; rows: the row engine reads; index:
    of each of its lanes; write: address that is written, or None."""

    page: int
    data: tuple[int, ...]
    rows: bool
    index: tuple[int, ...]
    write: int | None


def classes(cycles: Sequence[LookUp], *, cols: int, x_w: int, depth: int, row_lanes: int) -> Classes:
    """Which cycles are in which class. cols, x_w, depth, row_lanes: of the unit."""
    addr_w = (depth - 1).bit_length()
    data = np.array([each.data for each in cycles], dtype=np.int64).reshape(-1, cols)
    page = np.array([each.page for each in cycles], dtype=np.int64)
    rows = np.array([each.rows for each in cycles], dtype=bool) & (row_lanes > 0)
    write = np.array([-1 if each.write is None else each.write for each in cycles], dtype=np.int64)
    read = ((page[:, np.newaxis] << x_w) + data) & ((1 << addr_w) - 1)
    beside: BoolArray = np.asarray(~rows & (read == write[:, np.newaxis]).any(axis=1))
    found: dict[str, dict[str, BoolArray]] = {
        "entry of the page": {
            "first": np.any(data == 0, axis=1),
            "last": np.any(data == (1 << x_w) - 1, axis=1),
            "between": np.any((data > 0) & (data < (1 << x_w) - 1), axis=1),
        },
        "address": bit_classes("address", read[:, 0], addr_w),
        "write": {
            "none": write < 0,
            "elsewhere": np.logical_and(write >= 0, ~beside),
            "of an entry that is read": beside,
        },
    }
    if depth == 1 << addr_w:
        beyond = page >> (addr_w - x_w) > 0
        found["page beyond the addresses"] = {"it wraps": beyond, "it does not": ~beyond}
    if cols > 1:
        same = (data == data[:, :1]).all(axis=1)
        found["lanes"] = {"all alike": same, "apart": ~same}
    if row_lanes > 0:
        found["reader"] = {"layer engine": ~rows, "row engine": rows}
    return found
