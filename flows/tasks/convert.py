"""CONVERT: the integer package of what was trained."""

from __future__ import annotations

from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.conversion import write_package
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter, Task
from t2c.flows.training import searched_on

IMAGES = 32


@TASKS("CONVERT")
class Convert(Task):
    """Convert to integers; its samples are the first images of the validation split, which its accuracy is over.

    A multiplier of MulQuant with few bits costs no DSP in a pipeline; what that costs is in the accuracy.
    """

    takes: ClassVar[tuple[str, ...]] = ("weights", "quantised")
    gives: ClassVar[tuple[str, ...]] = ("package",)
    drops: ClassVar[tuple[str, ...]] = ("pipeline",)
    metrics: ClassVar = {"accuracy": "validation"}
    parameters: ClassVar = {
        "scale_bits": Parameter(
            int, 16, least=3, most=32, meaning="of MulQuant's multipliers, or as few more as its scales need"
        ),
        "power_of_two": Parameter(bool, False, meaning="multipliers that are powers of two, for shifts alone"),
    }
    scale_bits: int
    power_of_two: bool

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Write the package, after torch and golden gave the same on every tensor of its samples."""
        design = {"scale_bits": self.scale_bits, "power_of_two": self.power_of_two}
        held_out = searched_on(given.subject).calibration
        folder = bench.folder / "package"
        after = given.put(design=design)
        metrics = write_package(after, bench, folder, held_out.head(IMAGES), held_out)
        bench.measured("accuracy", metrics["accuracy_integer"], "validation")
        bench.decide(**{**design, "scale_bits": int(metrics["scale_bits"])}, steps_off=metrics["max_step_error"])
        return after.put(files={"package": folder}, without=self.drops)
