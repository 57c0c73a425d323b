"""A method of search: asked for settings, a batch at a time, and told in order what came of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from t2c.common.registry import Registry
from t2c.flows.space import Searched, Settings


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """space: what may be set; trials: how many, 0 if the method knows; startup: of them that are drawn at random.

    parallel: trials of a batch; seed; senses: of each objective, max or min.
    """

    space: tuple[Searched, ...]
    trials: int
    startup: int
    parallel: int
    seed: int
    senses: tuple[str, ...]


class SearchMethod:
    """A subclass in a file of `flows/methods` that registers it, or in a plug-in."""

    def __init__(self, plan: SearchPlan) -> None:
        """Begin.

        Raises:
            FlowError: the budget is too small, or the method does not go with the space.
        """
        self.plan = plan

    @property
    def trials(self) -> int:
        """How many it will ask for."""
        return self.plan.trials

    def ask(self) -> list[Settings]:
        """The next trials to run, all of which may run at once; none at the end.

        It may depend on the plan and on what was told, and on nothing else.
        """
        raise NotImplementedError

    def tell(self, objectives: Sequence[Sequence[float]]) -> None:
        """What the trials that were asked for last came to, in their order; the objectives in that of the senses."""


METHODS: Registry[type[SearchMethod]] = Registry("a method of search", "t2c.flows.methods")
"""Methods by the name that a yaml calls them."""
