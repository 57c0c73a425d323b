"""What tasks share that fine-tune a quantised network and leave the float weights as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import ParameterError
from t2c.flows.task import Parameter
from t2c.flows.tasks.training_task import TrainingTask
from t2c.methods import find_method

TUNING: Mapping[str, Parameter] = {
    "epochs": Parameter(int, 2, least=0, meaning="of fine-tuning in a trial; 0 calibrates only"),
    "rate": Parameter(float, 1e-3, least=1e-8, most=1.0, meaning="peak learning rate of these"),
    "method": Parameter(str, "lsq", meaning="a method of quantisation"),
}


class TuningTask(TrainingTask):
    """A task whose trials quantise the float weights that are there."""

    takes: ClassVar[tuple[str, ...]] = ("weights",)
    gives: ClassVar[tuple[str, ...]] = ("quantised",)

    method: str

    def check(self) -> None:
        """Only a method that there is."""
        try:
            find_method(self.method)
        except LookupError as error:
            raise ParameterError("method", str(error.args[0])) from error

    def schedule(self, **pruning: Any) -> None:
        """The float weights stay as they are."""

    def tuning(self, design: Mapping[str, Any]) -> dict[str, Any]:
        """The design with how it is fine-tuned."""
        return {**design, "tuning": {"epochs": self.epochs, "rate": self.rate}}

    def tuned(self, bench: Bench, given: Metamodel, designs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Quantise some designs, and give what came out, in their order."""
        payloads = [self.payload(given, self.tuning(design)) for design in designs]
        return self.trials(bench, payloads)
