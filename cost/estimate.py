"""What a network asks of the core: cycles and images a second, memory, multiplications. Computed, not measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from t2c.contract.hardware import Hardware
from t2c.mapping.cycles import total_cycles
from t2c.mapping.program import Program


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Of one image of a network on the core.

    cycles: without stalls; macs: multiply-accumulates; words: of each memory that the network fills; bits: of each
    memory that the core has.
    """

    cycles: int
    macs: int
    words: Mapping[str, int]
    bits: Mapping[str, int]

    @property
    def kibibytes(self) -> float:
        """All memories of the core."""
        return sum(self.bits.values()) / 8192

    def utilisation(self, hardware: Hardware) -> float:
        """Multiplications of each multiplier in each cycle, 0..1."""
        return self.macs / (self.cycles * hardware.rows * hardware.cols)

    def images_per_second(self, mhz: float) -> float:
        """At a clock."""
        return mhz * 1e6 / self.cycles

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {"cycles": self.cycles, "macs": self.macs, "words": dict(self.words), "memory_bits": dict(self.bits)}


def estimate(program: Program) -> Estimate:
    """What a compiled network, one image a run, takes."""
    return Estimate(
        cycles=total_cycles(program),
        macs=program.macs,
        words={
            "weights": len(program.weights),
            "parameters": len(program.params),
            "tables": len(program.tables),
            "program": len(program.words()),
        },
        bits=program.hardware.memory_bits,
    )
