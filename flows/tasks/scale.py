"""SCALE: a narrower network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from t2c.flows.bench import Bench
from t2c.flows.errors import FlowError
from t2c.flows.metamodel import Metamodel
from t2c.flows.searches.ladder import descend
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.training_task import TRAINING, TrainingTask, tolerance


@TASKS("SCALE")
class Scale(TrainingTask):
    """Make all hidden layers narrower by the same factor, 1 - 1/steps, 1 - 2/steps, ..., as long as the accuracy holds.

    Each width is trained anew, so `epochs` should be as many as the first training had.

    Source: MetaML (FPL 2023), SCALING.
    """

    takes: ClassVar[tuple[str, ...]] = ("weights",)
    gives: ClassVar[tuple[str, ...]] = ("weights",)
    parameters: ClassVar = {
        **TRAINING,
        "tolerance": tolerance(0.005),
        "steps": Parameter(int, 8, least=2, most=64, meaning="in which the width goes down"),
        "together": Parameter(int, 2, least=1, most=64, meaning="widths that are tried at once"),
    }
    tolerance: float
    steps: int
    together: int

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Descend until a width does not fit."""
        if given.design.get("channels_gone"):
            raise FlowError("a width would bring back the channels that are gone; SCALE comes before")
        floor = given.value("accuracy") - self.tolerance
        factor = given.design.get("width", 1.0)
        widths = [factor * (1 - step / self.steps) for step in range(1, self.steps)]
        found: dict[float, dict[str, Any]] = {}

        def fits(some: Sequence[float]) -> list[bool]:
            sparsity = given.design.get("sparsity")
            pruning = {"pruner": given.design["pattern"], "sparsity": sparsity} if sparsity else {}
            payloads = [self.payload(given, {"width": width}, anew=True, **pruning) for width in some]
            found.update(zip(some, self.trials(bench, payloads), strict=True))
            return [found[width]["accuracy"] >= floor for width in some]

        taken = descend(widths, fits, self.together)
        bench.noted([{"width": width, "accuracy": trial["accuracy"]} for width, trial in found.items()])
        chosen = widths[taken - 1] if taken else factor
        bench.decide(width=chosen, floor=floor)
        if not taken:
            return self.unchanged(given, bench)
        return self.taken(given, bench, {"width": chosen}, found[chosen])
