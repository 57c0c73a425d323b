"""What all tasks share that train: how long, from where, and what becomes of a trial that was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import Parameter, Task

TRAINED = "t2c.flows.training:trained"
RATE, EPOCHS = 4e-3, 5
TRAINING: Mapping[str, Parameter] = {
    "epochs": Parameter(int, EPOCHS, least=0, meaning="of the float weights in a trial"),
    "rate": Parameter(float, RATE, least=1e-8, most=1.0, meaning="peak learning rate of these"),
    "decay": Parameter(float, 1e-4, least=0.0, most=1.0, meaning="weight decay of these"),
}


def tolerance(default: float) -> Parameter:
    """How much accuracy a task may lose."""
    meaning = "accuracy that may be lost, of what the task was given"
    return Parameter(float, default, least=0.0, most=1.0, meaning=meaning)


class TrainingTask(Task):
    """A task whose trials train a design.

    Accuracy is that of the validation split, quantised once there are bits. What is there of the float weights and of
    the quantised network is of the trial that was taken.
    """

    drops: ClassVar[tuple[str, ...]] = ("package", "pipeline")
    metrics: ClassVar[Mapping[str, str]] = {"accuracy": "validation"}

    epochs: int
    rate: float
    decay: float

    def schedule(self, **pruning: Any) -> dict[str, Any] | None:
        """How the float weights of a trial are trained, None for not at all.

        pruning: `pruner`, `sparsity` and others of the training.
        """
        return {"epochs": self.epochs, "rate": self.rate, "decay": self.decay, **pruning} if self.epochs else None

    def payload(
        self, given: Metamodel, design: Mapping[str, Any], *, anew: bool = False, **pruning: Any
    ) -> dict[str, Any]:
        """What a trial is told.

        Args:
            given: what the task was given.
            design: what is tried, beside what was chosen before.
            anew: from random weights, as for another width.
            pruning: as of `schedule`.
        """
        return {
            "subject": dict(given.subject),
            "design": {**given.design, **design},
            "start": None if anew else given.files.get("weights"),
            "float": self.schedule(**pruning),
        }

    def trials(self, bench: Bench, payloads: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Train some designs and give what came out, in their order."""
        return bench.run_trials(TRAINED, payloads)

    def taken(self, given: Metamodel, bench: Bench, design: Mapping[str, Any], trial: Mapping[str, Any]) -> Metamodel:
        """The metamodel of a trial: its design, its files, its accuracy."""
        whole = {**given.design, **design}
        files = {"weights": f"{trial['folder']}/weights.pt"}
        if whole.get("weight_bits"):
            files["quantised"] = trial["folder"]
        bench.measured("accuracy", trial["accuracy"], "validation")
        return given.put(design=design, files=files, without=self.drops)

    def unchanged(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Nothing that was tried fits: what was given goes on."""
        bench.measured("accuracy", given.value("accuracy"), "validation")
        return given
