"""What a network asks of the core: cycles and images a second, memory, multiplications. Computed, not measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from t2c.contract.field_kinds import TABLE_BITS, WORD_BITS
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
        bits=memory_bits(program.hardware),
    )


def memory_bits(hardware: Hardware) -> dict[str, int]:
    """Bits of each memory of the core; each lane has a table of its own."""
    return {
        "activations": hardware.act_depth * hardware.rows * hardware.x_w,
        "weights": hardware.wgt_depth * hardware.cols * hardware.w_w,
        "parameters": hardware.par_depth * hardware.cols * hardware.param_w,
        "accumulators": hardware.acc_depth * hardware.cols * hardware.acc_w,
        "tables": hardware.tbl_depth * hardware.cols * TABLE_BITS,
        "program": hardware.prg_depth * WORD_BITS,
    }
