"""Every combination, once."""

from __future__ import annotations

from t2c.flows.parameters import ParameterError
from t2c.flows.search_method import METHODS, SearchMethod, SearchPlan
from t2c.flows.space import Settings, grid_of


@METHODS("grid")
class Grid(SearchMethod):
    """All combinations of the values of all parameters."""

    def __init__(self, plan: SearchPlan) -> None:
        super().__init__(plan)
        self._left = grid_of(plan.space)
        self._all = len(self._left)
        if plan.trials and plan.trials < self._all:
            raise ParameterError("trials", f"trials = {plan.trials} is below {self._all}, the points of the grid")

    @property
    def trials(self) -> int:
        """The points of the grid."""
        return self._all

    def ask(self) -> list[Settings]:
        """All of them, at once."""
        asked, self._left = self._left, []
        return asked
