"""What a bench must keep to, and how its module computes, beyond what the unit's own page says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.tb.dut.legal_values import Legal


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a description says of values.

    legal: name of ours -> what the module takes, where it is not everything; order: in which it adds and scales;
    static: names that may not change while results are inside; lanes: units side by side; shared: names that these
    have in common; reference: FILE.py:FUNCTION that says what it computes, empty if golden does.
    """

    legal: Mapping[str, Legal] = field(default_factory=dict)
    order: RequantiserOrder = field(default_factory=RequantiserOrder)
    static: tuple[str, ...] = ()
    lanes: int = 1
    shared: tuple[str, ...] = ()
    reference: str = ""

    @property
    def common(self) -> tuple[str, ...]:
        """Names that the vectors of one beat have in common."""
        return tuple(dict.fromkeys((*self.static, *self.shared)))

    @property
    def stated(self) -> bool:
        """Whether there is any."""
        return self != Rules()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rules:
        """What `dataclasses.asdict` made, read back from JSON."""
        legal = {name: Legal(spans=tuple(map(tuple, value["spans"]))) for name, value in stored["legal"].items()}
        names = {key: tuple(stored[key]) for key in ("static", "shared")}
        return cls(**{**stored, **names, "legal": legal, "order": RequantiserOrder(**stored["order"])})
