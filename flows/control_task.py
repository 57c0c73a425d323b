"""Tasks that say where a metamodel goes next: the four sorts, by what the engine does with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from t2c.common.registry import Registry
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import Configured


class ControlTask(Configured):
    """ways: fields of the yaml that name a task to go to; the next one of the file where one is not given."""

    ways: ClassVar[tuple[str, ...]] = ("then",)


class Steering(ControlTask):
    """Sends a metamodel one of its ways."""

    def turn(self, given: Metamodel, rounds: int) -> tuple[str, Mapping[str, Any]]:
        """Choose a way.

        Args:
            given: what came; rounds: how often this one went round already, if it is a loop.

        Returns:
            one of `ways`, and the decision for the history.
        """
        raise NotImplementedError


class Splitting(ControlTask):
    """Sends a metamodel all of its ways, of which there are several."""


class Merging(ControlTask):
    """Waits until no metamodel is under way that could still come."""

    def merged(self, name: str, kind: str, arrivals: Sequence[Metamodel]) -> list[tuple[int, Metamodel]]:
        """What goes on, with the index of what it was among the arrivals, in their order.

        Args:
            name, kind: of the task in the yaml; arrivals: in the order of the ways of the fork.
        """
        raise NotImplementedError


class Ending(ControlTask):
    """Ends the flow for what comes."""

    ways: ClassVar[tuple[str, ...]] = ()


CONTROLS: Registry[type[Configured]] = Registry("a control task", "t2c.flows.control")
"""Control tasks by the name that a yaml calls them."""
