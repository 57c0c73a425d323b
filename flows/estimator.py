"""A fast estimate of what a synthesis would count: sums of counted quantities, fitted to syntheses that were run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
from scipy.optimize import nnls

from t2c.flows.errors import FlowError

Quantities = Mapping[str, float]
"""What a design has of each kind: bits of adders, of registers, multipliers, ..."""


@dataclass(frozen=True, kw_only=True)
class Estimator:
    """costs: of one of each quantity, none below 0, by column of the family; errors: of each design that it was fitted
    to, relative to the synthesis, from a fit to all the others."""

    costs: Mapping[str, Mapping[str, float]]
    errors: Mapping[str, tuple[float, ...]]

    def estimate(self, quantities: Quantities) -> dict[str, int]:
        """Each column, rounded."""
        return {column: round(_sum(costs, quantities)) for column, costs in self.costs.items()}

    def median_error(self, column: str) -> float:
        """Of the designs that it was fitted to, each estimated without itself: |estimate / synthesis - 1|."""
        return median(self.errors[column])

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        errors = {column: list(values) for column, values in self.errors.items()}
        return {"costs": {column: dict(costs) for column, costs in self.costs.items()}, "errors": errors}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Estimator:
        """What `to_json` gave."""
        return cls(costs=stored["costs"], errors={name: tuple(values) for name, values in stored["errors"].items()})


def fit(designs: Sequence[Quantities], counts: Sequence[Mapping[str, int]], columns: Sequence[str]) -> Estimator:
    """Fit each column by least squares of the relative errors, with costs of at least 0.

    Args:
        designs: what each has; counts: what its synthesis counted, in the same order; columns: of the family.

    Raises:
        FlowError: fewer than three designs, of which none could be left out.
    """
    if len(designs) < 3:
        raise FlowError(f"an estimator is fitted to at least 3 designs, not to {len(designs)}")
    costs, errors = {}, {}
    for column in columns:
        wanted = [float(count[column]) for count in counts]
        costs[column] = _fitted(designs, wanted)
        errors[column] = tuple(_left_out(designs, wanted, number) for number in range(len(designs)))
    return Estimator(costs=costs, errors=errors)


def relative_error(estimated: float, counted: float) -> float:
    """|estimated / counted - 1|; where nothing was counted, what was estimated."""
    return abs(estimated / counted - 1) if counted else abs(estimated)


def _fitted(designs: Sequence[Quantities], wanted: Sequence[float]) -> dict[str, float]:
    names = sorted({name for design in designs for name in design})
    weights = np.array([1 / max(value, 1.0) for value in wanted])
    matrix = np.array([[design.get(name, 0.0) for name in names] for design in designs]) * weights[:, None]
    sizes = np.maximum(np.abs(matrix).max(axis=0), 1e-12)  # so that the columns are alike, as the solver likes it
    solution, _ = nnls(matrix / sizes, np.array(wanted) * weights)
    return {name: float(cost) for name, cost in zip(names, solution / sizes, strict=True) if cost > 0}


def _left_out(designs: Sequence[Quantities], wanted: Sequence[float], number: int) -> float:
    rest = [other for other in range(len(designs)) if other != number]
    costs = _fitted([designs[other] for other in rest], [wanted[other] for other in rest])
    return relative_error(_sum(costs, designs[number]), wanted[number])


def _sum(costs: Mapping[str, float], quantities: Quantities) -> float:
    return sum(cost * quantities.get(name, 0.0) for name, cost in costs.items())
