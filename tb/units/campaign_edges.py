"""What a campaign inside the core runs besides everyday packages: random ones from the legal space and edge packages.

On the hardware that was asked for, and on every variant whose parameters the module does not rule out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_largest_batch
from t2c.mapping.cycles import total_cycles
from t2c.tb.random_models.edges import EDGES
from t2c.tb.random_models.legal import LAYER, SAMPLES, legal_layer, legal_network
from t2c.tb.random_models.variants import VARIANTS

LEGAL = 3
"""Random layers of each hardware; one network more."""
_LARGE = "deep"
_ASIDE = ("cycles", "layers")
"""Edge packages about what lies outside an engine: the cycle count and the program."""
_CYCLES = 6_000


@dataclass(frozen=True, kw_only=True, eq=False)
class SpaceRun:
    """A run. build: name of the hardware; package .. stall: as a run is asked for; cells: array cells times cycles."""

    build: str
    hardware: Hardware
    package: Package
    layer: str
    images: int
    stall: str = "none"

    @property
    def cells(self) -> int:
        """What it costs: array cells times cycles, of all images."""
        program = compile_largest_batch(self.package.graph, self.layer, self.hardware, self.images)
        runs = -(-self.images // program.batch)
        return self.hardware.rows * self.hardware.cols * runs * total_cycles(program)


def builds(asked: Hardware) -> dict[str, Hardware]:
    """Hardware by name: what was asked for first, then the variants."""
    return {f"{asked.rows}x{asked.cols}": asked, **VARIANTS}


def space_runs(name: str, hardware: Hardware, seed: int, *, large: bool) -> Iterator[SpaceRun]:
    """The runs on one build.

    Args:
        name: of the build.
        hardware: its parameters.
        seed: of the first random package.
        large: edge packages that need large memories too.
    """
    for edge in EDGES.values():
        if (edge.small or large) and edge.name not in _ASIDE and edge.on in ("", name):
            yield SpaceRun(
                build=name, hardware=hardware, package=edge.make(hardware), layer=edge.layer, images=edge.images
            )
    for number in range(seed, seed + LEGAL):
        made = legal_layer(number, hardware, _CYCLES)
        yield SpaceRun(build=name, hardware=hardware, package=made, layer=LAYER, images=SAMPLES, stall="p50")
    made = legal_network(seed, hardware, _CYCLES)
    yield SpaceRun(build=name, hardware=hardware, package=made, layer="all", images=1, stall="p50")


def large_on(possible: list[str], asked: str) -> str:
    """The build that the large edge packages run on: the smallest array that the module can be, else what was asked."""
    return _LARGE if _LARGE in possible else asked
