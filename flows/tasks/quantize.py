"""QUANTIZE: bits of weights and activations, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from t2c.flows.bench import Bench
from t2c.flows.metamodel import Metamodel
from t2c.flows.parameters import ParameterError
from t2c.flows.searches.greedy import Point, greedy
from t2c.flows.searches.ladder import descend
from t2c.flows.task import TASKS, Parameter
from t2c.flows.tasks.training_task import tolerance
from t2c.flows.tasks.tuning_task import TUNING, TuningTask

WEIGHTS, RESULTS = ".weights", ".results"
"""Of a coordinate's name, behind the layer's."""


@TASKS("QUANTIZE")
class Quantize(TuningTask):
    """As few bits as the accuracy allows: first the same for all layers, then each layer's own, greedily.

    Source: MetaML (FPL 2023), QUANTIZATION; the order by sensitivity as in HAQ (CVPR 2019), without its learning.
    """

    parameters: ClassVar = {
        **TUNING,
        "tolerance": tolerance(0.01),
        "bits": Parameter(int, 8, least=2, most=8, meaning="that all begin with"),
        "least": Parameter(int, 2, least=2, most=8, meaning="that are tried"),
        "by_layer": Parameter(bool, True, meaning="whether layers get bits of their own"),
        "results": Parameter(bool, True, meaning="whether activations are narrowed, or weights alone"),
        "together": Parameter(int, 2, least=1, most=64, meaning="widths that are tried at once"),
    }
    tolerance: float
    bits: int
    least: int
    by_layer: bool
    results: bool
    together: int

    def check(self) -> None:
        """Somewhere to go to."""
        super().check()
        if self.least > self.bits:
            raise ParameterError("least", f"least = {self.least} is above bits = {self.bits}")

    def run(self, given: Metamodel, bench: Bench) -> Metamodel:
        """Descend with all layers, then narrow each."""
        floor = given.value("accuracy") - self.tolerance
        trials: dict[str, dict[str, Any]] = {}

        def tried(designs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
            found = self.tuned(bench, given, designs)
            for design, trial in zip(designs, found, strict=True):
                trials[repr(design)] = trial
                bench.noted([{**design, "accuracy": trial["accuracy"]}])
            return found

        def fit(widths: Sequence[int]) -> list[bool]:
            return [trial["accuracy"] >= floor for trial in tried([self._all(bits) for bits in widths])]

        def measure(points: Sequence[Point]) -> list[float]:
            return [trial["accuracy"] for trial in tried([self._own(uniform, point) for point in points])]

        rungs = list(range(self.bits, self.least - 1, -1))
        fits = descend(rungs, fit, self.together)
        uniform = rungs[max(fits - 1, 0)]
        design = self._all(uniform)
        if self.by_layer and fits:
            start = self._point(uniform, list(trials[repr(design)]["layers"]))
            point = greedy(start, self.least, floor, measure)
            design = self._own(uniform, point) if point != start else design
        taken = trials[repr(design)]
        bench.decide(**design, floor=floor, fits=bool(fits))
        return self.taken(given, bench, self.tuning(design), taken)

    def _all(self, bits: int) -> dict[str, Any]:
        results = bits if self.results else self.bits
        return {"weight_bits": bits, "activation_bits": results, "layer_bits": {}, "method": self.method}

    def _point(self, bits: int, layers: Sequence[str]) -> dict[str, int]:
        """A coordinate for each layer's weights, and for its results; the last layer's are the network's."""
        point = {f"{name}{WEIGHTS}": bits for name in layers}
        if self.results:
            point |= {f"{name}{RESULTS}": bits for name in ("input", *layers[:-1])}
        return point

    def _own(self, uniform: int, point: Point) -> dict[str, Any]:
        own: dict[str, list[int | None]] = {}
        for name, bits in point.items():
            layer, _, kind = name.rpartition(".")
            own.setdefault(layer, [None, None])[f".{kind}" == RESULTS] = bits
        return {**self._all(uniform), "layer_bits": own}
