"""CALIBRATE: a quantised network at bits that are given."""

from __future__ import annotations

from typing import ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.tuning_task import TUNING, TuningTask


@TASKS("CALIBRATE")
class Calibrate(TuningTask):
    """Quantise all layers to the same bits, or the design's own; fine-tune for some epochs if asked."""

    parameters: ClassVar = {
        **TUNING,
        "epochs": Parameter(int, 0, least=0, meaning="of fine-tuning; 0 calibrates only"),
        "weight_bits": Parameter(int, 0, least=0, most=8, meaning="of all layers; 0: as the design has them, or 8"),
        "activation_bits": Parameter(int, 0, least=0, most=8, meaning="of all results; 0: likewise"),
    }
    weight_bits: int
    activation_bits: int

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """One trial."""
        design = {}
        for name in ("weight_bits", "activation_bits"):
            design[name] = getattr(self, name) or given.design.get(name, 8)
            if getattr(self, name):
                design["layer_bits"] = {}
        design["method"] = self.method
        (trial,) = self.tuned(bench, given, [design])
        bench.decide(**design)
        return self.taken(given, bench, self.tuning(design), trial)
