"""What a task may use while it runs: a folder, trials on workers, and a place to say what it chose and measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.flows.errors import FlowError
from t2c.flows.metamodel import SPLITS, Metamodel, Metric, Step
from t2c.flows.plain import as_plain
from t2c.flows.store import FlowStore
from t2c.flows.task import Task
from t2c.flows.trials import run_trial, trial_job
from t2c.flows.workers import Workers


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What all tasks of a flow share. store: what was done; workers: where trials run; home: folder of the yaml.

    progress: is told what goes on, a line at a time.
    """

    store: FlowStore
    workers: Workers
    home: Path
    progress: Callable[[str], None]


class Bench:
    """The bench of one run of one task.

    name: of the task in the yaml; folder: for new files, which are in the store once the task is done; lasting: where
    that folder is then, for texts that name it.
    """

    def __init__(self, name: str, kind: str, task: Task, folder: Path, lasting: Path, shop: Workshop) -> None:
        self.name, self.folder, self.lasting, self.shop = name, folder, lasting, shop
        self._kind, self._task = kind, task
        self._decision: dict[str, Any] = {}
        self._trials: list[Mapping[str, Any]] = []
        self._metrics: list[Metric] = []
        self.entries: list[str] = []
        """Of the store: the trials that were run or found, in order."""

    def path(self, given: Metamodel, thing: str) -> Path:
        """Where a thing of a metamodel is.

        Raises:
            FlowError: there is no such thing, or somebody has removed its file.
        """
        if thing not in given.files:
            raise FlowError(f"there is no {thing}; there are: {', '.join(given.files) or 'none'}")
        path = self.shop.store.path(given.files[thing])
        if not path.exists():
            raise FlowError(f"{path} is gone: remove {self.shop.store.folder} to begin anew")
        return path

    def decide(self, **chosen: Any) -> None:
        """Note what the task chose, plain JSON; it is the decision of its step of the history."""
        self._decision |= as_plain(chosen, "decision")

    def measured(self, name: str, value: float, split: str = "") -> None:
        """Note a metric.

        Args:
            name: one that the task declares; value: a finite number.
            split: that the task declares for it: train, validation, test, or "" if it comes from no data.

        Raises:
            FlowError: the task declares no such metric, or it is no finite number.
        """
        if self._task.metrics.get(name) != split or split not in SPLITS:
            raise FlowError(f"it measures {name} of split {split!r}, which its class does not declare")
        if split == "test":
            self.test()
        self._metrics.append(Metric(name=name, value=float(as_plain(value, name)), split=split, task=self.name))

    def noted(self, trials: Sequence[Mapping[str, Any]]) -> None:
        """Note what was tried and what came of it, plain JSON, in the step of the history."""
        self._trials += as_plain(list(trials), "trials")

    def run_trials(self, function: str, payloads: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Run trials on the workers; one that was run before, in a killed flow too, is not run again.

        Args:
            function: `module:function`, or `file.py:function` beside the yaml. It is called as `function(payload,
                place)` with a `t2c.flows.trials.Place`, and returns a dictionary of plain JSON that depends on the
                payload alone; files that it writes to place.folder stay.
            payloads: plain JSON, one a trial; paths in them are relative to the store.

        Returns:
            the results in the order of the payloads, each with `folder`, where its files are relative to the store.

        Raises:
            FlowError: the first trial that cannot be run.
        """
        jobs = [trial_job(function, payload, self.shop.store, self.shop.home) for payload in payloads]
        self.entries += [job["entry"] for job in jobs]
        return self.shop.workers.run(run_trial, jobs)

    def progress(self, text: str) -> None:
        """Tell the user what goes on."""
        self.shop.progress(f"{self.name}: {text}")

    @property
    def may_look_at_test(self) -> bool:
        """Whether the test split is for this task to look at."""
        return self._task.looks_at_test

    def test(self) -> None:
        """Ask before the test split is looked at; raise FlowError if it is not for this task."""
        if not self.may_look_at_test:
            raise FlowError("it wants to look at the test split, and its class does not say looks_at_test")

    def step(self) -> Step:
        """What the task has said so far."""
        return Step(
            task=self.name,
            kind=self._kind,
            decision=self._decision,
            trials=tuple(self._trials),
            metrics=tuple(self._metrics),
        )
