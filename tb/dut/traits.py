"""What a bench must know of the module it drives, beyond its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from t2c.tb.catalogue.interface import FIXED_LATENCY, VALID_READY
from t2c.tb.catalogue.style import StyleValues
from t2c.tb.dut.rules import Rules


@dataclass(frozen=True, kw_only=True)
class Traits:
    """The part of a description that its bench uses.

    handshake: see t2c.tb.catalogue.interface; latency: cycles, None if not stated; rounding: names of
    its modes; output: signed, unsigned or any; constants: what the module fixes; absent: features that it lacks;
    lane_order: of ports that have element 0 in the highest bits; weight_rows: order of the words of a tile; style: what
    only modules of this unit say of themselves, empty for our own; reset: it has one; own: our own unit, held to all
    that its header says; rules: of values.
    """

    handshake: str = ""
    latency: int | None = None
    rounding: tuple[str, ...] = ()
    output: str = "any"
    constants: Mapping[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    lane_order: Mapping[str, str] = field(default_factory=dict)
    weight_rows: str = "first_first"
    style: StyleValues = field(default_factory=dict)
    reset: bool = True
    own: bool = False
    rules: Rules = field(default_factory=Rules)

    @property
    def reset_cycles(self) -> int:
        """How long a bench holds its reset: without a reset of its own the module must run empty meanwhile.

        A pipeline that nothing holds back must not run empty meanwhile, or nobody sees that it ignores its reset.
        """
        if not self.reset:
            return (self.latency or 60) + 4
        return 4 if self.handshake in ("", VALID_READY) else 1

    @property
    def fixed_latency(self) -> bool:
        """Results are taken by counting cycles, so a wrong latency shows as wrong values."""
        return self.handshake == FIXED_LATENCY

    def has(self, feature: str) -> bool:
        return feature not in self.absent

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Traits:
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()
        }
        return cls(**{**fields, "rules": Rules.from_json(stored["rules"])})
