"""softmax on the row engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.operations import Operation
from t2c.contract.parameter_lanes import no_lanes
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.nodes.softmax import Softmax
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import Axes, LayerPlan, Part, matrix_coordinate
from t2c.mapping.row_plan import RowEnginePlan, check_rows
from t2c.mapping.views import reshaped, tokens_map

ROUNDINGS = (Rounding.HALF_UP, Rounding.HALF_AWAY)
"""Which are the same where nothing is negative."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SoftmaxPlan(RowEnginePlan):
    """softmax along the last axis. softmax: constants; rows: the output as golden has it; table: the exponentials."""

    operation: ClassVar[Operation] = Operation.SOFTMAX
    axes: ClassVar[Axes] = ("head", "query", "element")

    softmax: SoftmaxTable
    rows: Layout

    @property
    def layout(self) -> Layout:
        return self.rows

    def coordinate(self, index: Sequence[int]) -> tuple[int, int, int]:
        return matrix_coordinate(index, self.rows.shape)

    def own_fields(self, part: Part) -> dict[str, Any]:
        return {
            "table_page": part.table_page,
            "reciprocal_bits": self.softmax.reciprocal_bits,
            "result_bits": self.softmax.output_bits,
        }


@lowers("softmax", rows=True, row_engine=True)
def lower_softmax(node: Softmax, site: Site) -> LayerPlan:
    """Plan a softmax along the last axis."""
    softmax, hardware = node.softmax, site.hardware
    source, target = (_as_map(layout) for layout in (site.sources[0], site.target))
    check_rows(node, hardware, source)
    if softmax.rounding not in ROUNDINGS:
        text = " or ".join(mode.value for mode in ROUNDINGS)
        raise UnsupportedError(f"layer {node.name!r}: rounding {softmax.rounding.value}: the core takes {text}")
    return SoftmaxPlan(
        **{**site.plan_fields(node), "sources": (source,), "target": target},
        params=no_lanes(hardware),
        table=np.pad(softmax.exp, (0, (1 << hardware.x_w) - softmax.depth)),
        softmax=softmax,
        rows=site.target,
    )


def _as_map(layout: Layout) -> Layout:
    """Rows (..., S) as the map (S, rows, 1).

    Raises:
        ShapeError: the last axis does not lie along channels, or the rows do not follow one another in even steps.
    """
    *before, length = layout.shape
    try:
        return tokens_map(reshaped(layout, (math.prod(before), length)), channels=1)
    except ShapeError as error:
        raise ShapeError(
            f"its rows, the last axis of shape {layout.shape}, do not lie along the channels in even steps"
        ) from error
