"""Combinations at random, which every other method should beat."""

from __future__ import annotations

from t2c.flows.search_method import METHODS, SearchMethod, SearchPlan
from t2c.flows.space import Settings, drawn_from


@METHODS("random")
class RandomDraws(SearchMethod):
    """Each parameter even over its range or list."""

    def __init__(self, plan: SearchPlan) -> None:
        super().__init__(plan)
        self._left = drawn_from(plan.space, plan.trials, plan.seed)

    def ask(self) -> list[Settings]:
        """All of them, at once."""
        asked, self._left = self._left, []
        return asked
