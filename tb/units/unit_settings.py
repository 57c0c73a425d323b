"""What a unit bench is told by the process that started its simulator."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from t2c.tb.dut.traits import Traits


@dataclass(frozen=True, kw_only=True)
class UnitSettings:
    """What a unit bench must know of its build; by environment, since Verilator publishes no parameter."""

    parameters: Mapping[str, int]
    seed: int
    traits: Traits

    def __getitem__(self, name: str) -> int:
        return self.parameters[name]

    def to_environment(self) -> dict[str, str]:
        settings = {"parameters": dict(self.parameters), "seed": self.seed, "traits": self.traits.to_json()}
        return {"T2C_UNIT": json.dumps(settings)}

    @classmethod
    def from_environment(cls) -> UnitSettings:
        stored = json.loads(os.environ["T2C_UNIT"])
        return cls(**{**stored, "traits": Traits.from_json(stored["traits"])})
