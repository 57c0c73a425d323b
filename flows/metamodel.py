"""What passes through a flow: a subject, what was chosen for it so far, its files, and how all of that came about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from t2c.flows.errors import FlowError
from t2c.flows.plain import as_plain, digest_of

SPLITS = ("train", "validation", "test", "")
"""Parts of the data that a number can come from; "" for none, such as LUTs and cycles."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number that a task measured. name; value; split: one of SPLITS; task: its name in the yaml."""

    name: str
    value: float
    split: str
    task: str


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a task did. task: its name in the yaml; kind: such as PRUNE.

    decision: what it chose, plain JSON; trials: what it tried and what came of each, plain JSON; metrics: it measured.
    """

    task: str
    kind: str
    decision: Mapping[str, Any] = field(default_factory=dict)
    trials: tuple[Mapping[str, Any], ...] = ()
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Metamodel:
    """All of it is plain JSON, nothing in it is a time or a place on one machine, so equal work gives equal bytes.

    subject: the head of the yaml; design: what tasks chose so far; files: what there is -> where, relative to the
    store; metrics: all, in the order in which they were measured; history: a step a task.
    """

    subject: Mapping[str, Any]
    design: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    history: tuple[Step, ...] = ()

    def value(self, name: str) -> float:
        """The latest value of a metric; raise FlowError if nothing has measured it."""
        return self._measured(name, reversed(self.metrics))

    def first(self, name: str) -> float:
        """The earliest value of a metric; raise FlowError if nothing has measured it."""
        return self._measured(name, self.metrics)

    def _measured(self, name: str, metrics: Iterable[Metric]) -> float:
        for metric in metrics:
            if metric.name == name:
                return metric.value
        known = ", ".join(sorted({metric.name for metric in self.metrics})) or "none"
        raise FlowError(f"no task has measured {name}; measured are: {known}")

    def latest(self) -> dict[str, Metric]:
        """The latest of each metric, by name, in the order of their first measurement."""
        return {metric.name: metric for metric in self.metrics}

    def put(
        self,
        *,
        design: Mapping[str, Any] | None = None,
        files: Mapping[str, Path | str] | None = None,
        without: Collection[str] = (),
    ) -> Metamodel:
        """A copy with more in it.

        Args:
            design: entries to set.
            files: things to set; a path below the folder of the bench, or one relative to the store.
            without: things that are there no longer, such as a package of weights that changed.

        Raises:
            FlowError: the design is no plain JSON.
        """
        kept = {thing: path for thing, path in self.files.items() if thing not in without}
        return replace(
            self,
            design={**self.design, **as_plain(design or {}, "design")},
            files={**kept, **{thing: str(path) for thing, path in (files or {}).items()}},
        )

    def done(self, step: Step) -> Metamodel:
        """A copy with a step more in its history, and the step's metrics."""
        return replace(self, metrics=(*self.metrics, *step.metrics), history=(*self.history, step))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return dict(as_plain(asdict(self), "metamodel"))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Metamodel:
        """Rebuild; raise KeyError, TypeError or ValueError if the data is none."""
        return cls(
            subject=dict(data["subject"]),
            design=dict(data["design"]),
            files=dict(data["files"]),
            metrics=tuple(Metric(**metric) for metric in data["metrics"]),
            history=tuple(
                Step(
                    **{
                        **step,
                        "trials": tuple(step["trials"]),
                        "metrics": tuple(Metric(**metric) for metric in step["metrics"]),
                    }
                )
                for step in data["history"]
            ),
        )

    def digest(self) -> str:
        """SHA-256 of all that can decide what a later task does, which is all of it."""
        return digest_of(self.to_json())
