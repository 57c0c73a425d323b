"""PIPELINE: hardware made for one network."""

from __future__ import annotations

from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.pipeline_of import PIPELINE, multipliers, pipeline_options, write
from t2c.flows.task import TASKS, Parameter, Task


@TASKS("PIPELINE")
class MakePipeline(Task):
    """Generate the pipeline of the package (docs/pipelines.md): Verilog, and the description that verifies it."""

    takes: ClassVar[tuple[str, ...]] = ("package",)
    gives: ClassVar[tuple[str, ...]] = ("pipeline",)
    metrics: ClassVar = {"interval": "", "latency": "", "multipliers": ""}
    parameters: ClassVar = {
        "reuse": Parameter(int, 1, least=1, most=4096, meaning="products that share a multiplier; 1: unrolled"),
        "digits": Parameter(int, 2, least=1, most=32, meaning="signed digits of a constant up to which there is none"),
    }
    reuse: int
    digits: int

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Write it."""
        design = {"reuse": self.reuse, "digits": self.digits}
        made = write(bench.path(given, "package"), pipeline_options(design), bench.folder / PIPELINE)
        bench.measured("interval", made.plan.times.interval)
        bench.measured("latency", made.plan.times.latency)
        bench.measured("multipliers", multipliers(made))
        bench.decide(**design)
        return given.put(design=design, files={"pipeline": bench.folder / PIPELINE})
