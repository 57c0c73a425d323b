"""What a task is: parameters, what it takes and gives, what it measures, and `run`. Ours and a user's are alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from t2c.common.registry import Registry
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import REQUIRED, Configured, Parameter

if TYPE_CHECKING:
    from t2c.flows.bench import Bench

__all__ = ["REQUIRED", "TASKS", "Parameter", "Task"]


class Task(Configured):
    """A step of a flow that makes something, chooses something or measures something.

    A subclass declares what it is and overrides `run`; `check` and `metrics_used`, if it has something to say there.

    takes: things of `Metamodel.files` that must be there; gives: that are there afterwards; drops: that are not, since
    what they were made of has changed; metrics: that it measures, with the split that each comes from; looks_at_test:
    whether it uses the test split, which only the last task of a flow may.
    """

    takes: ClassVar[tuple[str, ...]] = ()
    gives: ClassVar[tuple[str, ...]] = ()
    drops: ClassVar[tuple[str, ...]] = ()
    metrics: ClassVar[Mapping[str, str]] = {}
    looks_at_test: ClassVar[bool] = False

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Do the work.

        The result may depend on the parameters, on `given` and on nothing else, the time of day and the number of
        workers included: an interrupted flow goes on from what it kept.

        Args:
            given: what the tasks before left.
            bench: a folder for files, trials on workers, and where to say what was chosen and measured.

        Raises:
            FlowError: something that the user can mend; other errors of that kind count as one.
        """
        raise NotImplementedError(f"{type(self).__name__} has no run")


TASKS: Registry[type[Task]] = Registry("a task", "t2c.flows.tasks")
"""Tasks by the name that a yaml calls them; `@TASKS("PRUNE")` registers one."""
