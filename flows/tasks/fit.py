"""FIT: a fast estimate of LUTs and flip-flops, for searches that cannot wait for Yosys."""

from __future__ import annotations

import json
from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.errors import FlowError
from t2c.flows.estimator import fit
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter, Task
from t2c.flows.training import only_width

VARIANT = "t2c.flows.estimator_designs:synthesised_variant"
COLUMNS = ("lut", "ff", "dsp")
FILE = "estimator.json"


@TASKS("FIT")
class FitEstimator(Task):
    """Synthesise some variants of the network as pipelines, and fit what each counted quantity of one costs.

    The variants are the float weights that are there, pruned by magnitude and calibrated, without training, at bits and
    sparsities that spread over the space of a search. `lut_fit_error` and the others are median errors, each variant
    estimated from a fit to the others.
    """

    takes: ClassVar[tuple[str, ...]] = ("weights",)
    gives: ClassVar[tuple[str, ...]] = ("estimator",)
    metrics: ClassVar = {f"{name}_fit_error": "" for name in COLUMNS}
    parameters: ClassVar = {
        "bits": Parameter(list[int], (8, 6, 4, 3, 2), least=2, most=8, meaning="of weights and results, in turn"),
        "sparsities": Parameter(list[float], (0.0, 0.5, 0.8), least=0.0, most=0.98, meaning="in turn"),
        "scale_bits": Parameter(list[int], (5, 16), least=3, most=32, meaning="of MulQuant's multipliers, in turn"),
        "variants": Parameter(int, 12, least=6, most=200, meaning="that are synthesised"),
        "reuse": Parameter(int, 1, least=1, most=4096, meaning="of the pipelines"),
        "digits": Parameter(int, 2, least=1, most=32, meaning="of the pipelines"),
        "family": Parameter(str, "xc7", meaning="of the syntheses"),
    }
    bits: list[int]
    sparsities: list[float]
    scale_bits: list[int]
    variants: int
    reuse: int
    digits: int
    family: str

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Synthesise and fit."""
        payloads = [
            {
                "subject": dict(given.subject),
                "design": only_width(given.design),
                "weights": given.files["weights"],
                "bits": self.bits[number % len(self.bits)],
                "sparsity": self.sparsities[number % len(self.sparsities)],
                "scale_bits": self.scale_bits[number % len(self.scale_bits)],
                "pipeline": {"reuse": self.reuse, "digits": self.digits},
                "family": self.family,
            }
            for number in range(self.variants)
        ]
        found = bench.run_trials(VARIANT, payloads)
        estimator = fit([one["quantities"] for one in found], [one["counts"] for one in found], COLUMNS)
        (bench.folder / FILE).write_text(json.dumps(estimator.to_json(), indent=1, sort_keys=True) + "\n")
        tried = []
        for number, (payload, one) in enumerate(zip(payloads, found, strict=True)):
            errors = {f"{name}_error": round(estimator.errors[name][number], 4) for name in COLUMNS}
            tried.append({name: payload[name] for name in ("bits", "sparsity", "scale_bits")} | one["counts"] | errors)
        bench.noted(tried)
        for name in COLUMNS:
            bench.measured(f"{name}_fit_error", estimator.median_error(name))
        return given.put(files={"estimator": bench.folder / FILE})

    def check(self) -> None:
        """Variants that differ."""
        if len({*self.bits}) * len({*self.sparsities}) < 3:
            raise FlowError("bits and sparsities have fewer than 3 combinations, and an estimator needs as many")
