"""PRUNE: weights that are 0."""

from __future__ import annotations

from typing import Any, ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import ParameterError
from t2c.flows.searches.bisection import bisect
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.training_task import TRAINING, TrainingTask, tolerance
from t2c.pruners import find_pruner


@TASKS("PRUNE")
class Prune(TrainingTask):
    """Prune as much as the accuracy allows: bisection of the sparsity, each trial a training from the same weights.

    A pattern N:M has one sparsity, and is taken or left. `channel` makes the network smaller.

    Source: MetaML (FPL 2023), PRUNING.
    """

    takes: ClassVar[tuple[str, ...]] = ("weights",)
    gives: ClassVar[tuple[str, ...]] = ("weights",)
    parameters: ClassVar = {
        **TRAINING,
        "tolerance": tolerance(0.02),
        "pattern": Parameter(str, "magnitude", meaning="a pruner: magnitude, granet, channel, any N:M, or your own"),
        "most": Parameter(float, 0.98, least=0.01, most=0.999, meaning="sparsity that is tried first"),
        "resolution": Parameter(float, 0.02, least=0.001, most=0.5, meaning="of the sparsity"),
        "dense": Parameter(list[str], (), meaning="layers that stay as they are"),
    }
    tolerance: float
    pattern: str
    most: float
    resolution: float
    dense: list[str]

    def check(self) -> None:
        """Only a pruner that there is."""
        try:
            find_pruner(self.pattern)
        except LookupError as error:
            raise ParameterError("pattern", str(error.args[0])) from error

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Bisect, and take the sparsest network that fits."""
        floor = given.value("accuracy") - self.tolerance
        found: dict[float, dict[str, Any]] = {}

        def fits(sparsity: float) -> bool:
            pruning: dict[str, Any] = {"pruner": self.pattern, "dense": list(self.dense)}
            if ":" not in self.pattern:
                pruning["sparsity"] = sparsity
            (found[sparsity],) = self.trials(bench, [self.payload(given, self._design(sparsity), **pruning)])
            return bool(found[sparsity]["accuracy"] >= floor)

        before = given.design.get("sparsity", 0.0)
        if ":" in self.pattern:
            kept, _, of = self.pattern.partition(":")
            sparsity = 1 - int(kept) / int(of)
            fits_at = sparsity if fits(sparsity) else before
            fails = None if fits_at == sparsity else sparsity
        else:
            bracket = bisect(before, max(self.most, before), self.resolution, fits)
            fits_at, fails = bracket.fits, bracket.fails
        bench.noted([{"sparsity": value, "accuracy": trial["accuracy"]} for value, trial in found.items()])
        bench.decide(sparsity=fits_at, fails_at=fails, pattern=self.pattern, floor=floor)
        if fits_at not in found:
            return self.unchanged(given, bench)
        return self.taken(given, bench, self._design(fits_at), found[fits_at])

    def _design(self, sparsity: float) -> dict[str, Any]:
        """Channels that are gone are gone: nothing has to hold zeros then."""
        if self.pattern == "channel":
            return {"channels_gone": sparsity}
        return {"sparsity": sparsity, "pattern": self.pattern}
