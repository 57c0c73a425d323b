"""MIX: filters that are sums of two powers of two, which need no multiplier."""

from __future__ import annotations

from typing import Any, ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.searches.bisection import bisect
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.training_task import tolerance
from t2c.flows.tasks.tuning_task import TUNING, TuningTask


@TASKS("MIX")
class Mix(TuningTask):
    """The largest share of SP2 filters that the accuracy allows, at 4-bit weights: bisection.

    Source: Chang et al., Mix and Match, HPCA 2021; there the share follows from the device (`make cost BALANCE=`).
    """

    parameters: ClassVar = {
        **{name: one for name, one in TUNING.items() if name != "method"},
        "tolerance": tolerance(0.01),
        "activation_bits": Parameter(int, 4, least=2, most=8, meaning="of all results"),
        "resolution": Parameter(float, 0.125, least=0.01, most=0.5, meaning="of the share"),
    }
    tolerance: float
    activation_bits: int
    resolution: float
    method = "msq"

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Measure without any SP2, then bisect."""
        floor = given.value("accuracy") - self.tolerance
        found: dict[float, dict[str, Any]] = {}

        def design(share: float) -> dict[str, Any]:
            bits = {"weight_bits": 4, "activation_bits": self.activation_bits, "layer_bits": {}}
            return {**bits, "method": self.method, "share": share}

        def fits(share: float) -> bool:
            (found[share],) = self.tuned(bench, given, [design(share)])
            bench.noted([{"share": share, "accuracy": found[share]["accuracy"]}])
            return bool(found[share]["accuracy"] >= floor)

        whole = fits(0.0)
        bracket = bisect(0.0, 1.0, self.resolution, fits) if whole else None
        share = bracket.fits if bracket else 0.0
        bench.decide(share=share, fails_at=bracket.fails if bracket else 0.0, floor=floor, fits=whole)
        return self.taken(given, bench, self.tuning(design(share)), found[share])
