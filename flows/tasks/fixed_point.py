"""FIXED_POINT: what the network costs before anything is optimised."""

from __future__ import annotations

from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter, Task

SYNTHESISED = "t2c.flows.fixed_point:synthesised"
COLUMNS = ("lut", "ff", "dsp")


@TASKS("FIXED_POINT")
class FixedPoint(Task):
    """Synthesise the float weights in one fixed-point format, as a generator of hardware takes a network by default.

    The design is a pipeline of the same generator as PIPELINE, with weights and activations of `bits`, each tensor in
    steps that are a power of two. Nothing of it goes on: `unoptimised_lut` and the others are what to compare with.
    """

    takes: ClassVar[tuple[str, ...]] = ("weights",)
    metrics: ClassVar = {"unoptimised_accuracy": "validation", **{f"unoptimised_{name}": "" for name in COLUMNS}}
    parameters: ClassVar = {
        "bits": Parameter(int, 16, least=4, most=16, meaning="of weights and activations"),
        "reuse": Parameter(int, 1, least=1, most=4096, meaning="products that share a multiplier"),
        "digits": Parameter(int, 2, least=1, most=32, meaning="signed digits of a constant up to which there is none"),
        "family": Parameter(str, "xc7", meaning="of the synthesis"),
    }
    bits: int
    reuse: int
    digits: int
    family: str

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """One trial."""
        payload = {
            "subject": dict(given.subject),
            "design": dict(given.design),
            "weights": given.files["weights"],
            "bits": self.bits,
            "pipeline": {"reuse": self.reuse, "digits": self.digits},
            "family": self.family,
        }
        (found,) = bench.run_trials(SYNTHESISED, [payload])
        bench.measured("unoptimised_accuracy", found["accuracy"], "validation")
        for name in COLUMNS:
            bench.measured(f"unoptimised_{name}", found["counts"][name])
        bench.decide(counts=found["counts"])
        return given
