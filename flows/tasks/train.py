"""TRAIN: the float weights that a flow begins with."""

from __future__ import annotations

from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.training_task import TRAINING, TrainingTask


@TASKS("TRAIN")
class Train(TrainingTask):
    """Train the model of the flow, from random weights or from those that are there."""

    gives: ClassVar[tuple[str, ...]] = ("weights",)
    parameters: ClassVar = {**TRAINING, "epochs": Parameter(int, 10, least=1, meaning="of the whole training")}

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """One trial."""
        (trial,) = self.trials(bench, [self.payload(given, {})])
        return self.taken(given, bench, {}, trial)
