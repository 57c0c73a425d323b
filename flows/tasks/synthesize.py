"""SYNTHESIZE: what Yosys counts."""

from __future__ import annotations

from typing import ClassVar

from t2c.cost.families import family
from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter, Task

SYNTHESISED = "t2c.flows.synthesis:synthesised"
COLUMNS = ("lut", "ff", "dsp", "bram")
SUBJECTS = ("pipeline", "core")
"""What can be synthesised."""


class HardwareTask(Task):
    """A task on the pipeline or on the core of a flow, whichever its yaml says."""

    of: str
    family: str

    HARDWARE: ClassVar = {
        "of": Parameter(str, "pipeline", choices=SUBJECTS, meaning="which hardware"),
        "family": Parameter(str, "xc7", meaning="of the synthesis: xc7 or ecp5"),
    }

    @property
    def takes(self) -> tuple[str, ...]:  # type: ignore[override]
        """The package, and the hardware that is meant."""
        return ("package", self.of)

    def check(self) -> None:
        """Only a family that there is."""
        family(self.family)

    def payload(self, given: Metamodel) -> dict[str, object]:
        """What a trial of the hardware is told."""
        files = {thing: given.files[thing] for thing in self.takes}
        return {"of": self.of, "family": self.family, "design": dict(given.design), **files}


@TASKS("SYNTHESIZE")
class Synthesize(HardwareTask):
    """Count LUTs, flip-flops, DSPs and block memories with Yosys."""

    metrics: ClassVar = dict.fromkeys(COLUMNS, "")
    parameters: ClassVar = HardwareTask.HARDWARE

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """One trial; what was synthesised before is not again."""
        (found,) = bench.run_trials(SYNTHESISED, [self.payload(given)])
        for name in COLUMNS:
            bench.measured(name, found["counts"][name])
        bench.decide(of=self.of, family=self.family, counts=found["counts"], tool=found["tool"])
        return given
