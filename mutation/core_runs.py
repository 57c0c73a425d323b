"""The condensed campaign that judges mutants of the core: a handful of small networks, the most telling first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL
from t2c.tb.cosim.request import ERROR_TEST, MAIN_TEST, RESET_TEST
from t2c.tb.random_models.networks import random_layer, random_network


@dataclass(frozen=True, kw_only=True)
class CoreRun:
    """A run of the campaign. make: of the package, from a seed; tests: of tb/cosim/core_tests.py."""

    name: str
    make: Callable[[int], Package]
    seed: int
    layer: str = ALL
    images: int = 1
    stall: str = "none"
    tests: tuple[str, ...] = (MAIN_TEST,)

    def package(self) -> Package:
        """What runs."""
        return self.make(self.seed)


CORE_RUNS = (
    CoreRun(name="network-1", make=random_network, seed=1),
    *(
        CoreRun(name=f"network-{seed}", make=random_network, seed=seed, stall=stall, images=images)
        for seed, stall, images in ((2, "p50", 2), (3, "bursts,p90", 1), (4, "none", 1), (5, "p90,none", 1))
    ),
    *(CoreRun(name=f"layer-{seed}", make=random_layer, seed=seed) for seed in range(1, 7)),
    CoreRun(name="resets", make=random_network, seed=6, tests=(RESET_TEST,)),
    CoreRun(name="misplaced-tlast", make=random_layer, seed=1, tests=(ERROR_TEST,)),
)
