"""ESTIMATE: LUTs, flip-flops and DSPs in milliseconds."""

from __future__ import annotations

import json
from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.estimator import Estimator
from t2c.flows.metamodel import Metamodel
from t2c.flows.pipeline_of import pipeline_options, quantities
from t2c.flows.task import TASKS, Task
from t2c.flows.tasks.fit import COLUMNS
from t2c.flows.tasks.pipeline import MakePipeline
from t2c.golden.graph.package import load_package


@TASKS("ESTIMATE")
class EstimatePipeline(Task):
    """What a pipeline of the package would take, by the estimator that FIT made; none is written."""

    takes: ClassVar[tuple[str, ...]] = ("package", "estimator")
    metrics: ClassVar = {f"estimated_{name}": "" for name in COLUMNS}
    parameters: ClassVar = MakePipeline.parameters
    reuse: int
    digits: int

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Count the quantities and add up."""
        estimator = Estimator.from_json(json.loads(bench.path(given, "estimator").read_text()))
        options = pipeline_options({"reuse": self.reuse, "digits": self.digits})
        found = estimator.estimate(quantities(load_package(bench.path(given, "package")).graph, options))
        for name in COLUMNS:
            bench.measured(f"estimated_{name}", found[name])
        return given
