"""Where tables lie: on pages of their memory from the start, or brought by the program layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.mapping.plan import LayerPlan


@dataclass(frozen=True, kw_only=True)
class TablePages:
    """TablePages that all fit. entries: of the memory, page after page; page: by node, of those that have a table."""

    entries: IntArray
    page: Mapping[str, int]


def resident_tables(plans: Mapping[str, LayerPlan], hardware: Hardware) -> TablePages | None:
    """Give every table a page, equal ones the same, or return None if there are more than the memory has."""
    tables = {name: plan.table for name, plan in plans.items() if plan.table is not None}
    pages: dict[bytes, int] = {}
    page = {name: pages.setdefault(table.tobytes(), len(pages)) for name, table in tables.items()}
    if len(pages) > hardware.pages:
        return None
    kept = {page[name]: table for name, table in tables.items()}
    return TablePages(entries=np.concatenate([np.zeros(0, np.int64), *(kept[at] for at in sorted(kept))]), page=page)
