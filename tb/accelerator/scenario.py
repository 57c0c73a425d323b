"""One simulation of an accelerator: which images, how ports hold back, whether a reset comes in the middle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from t2c.common.errors import SettingError
from t2c.tb.components.stalls import PROFILES, Stall, parse_stalls

PATIENCE = 16
"""Limits are so many times longer where ports hold back."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """name: for the report; stalls: port -> profile, none where it is not named; reset_at: cycle after the start of the
    first run at which a reset ends it, 0: none; all runs follow then; text: of STALL, that asks for it again."""

    name: str
    text: str
    seed: int
    stalls: Mapping[str, Stall] = field(default_factory=dict)
    reset_at: int = 0

    def plan(self, runs: int) -> list[tuple[int, int]]:
        """(run, cycle at which it is reset, 0: not) in the order of the simulation."""
        return ([(0, self.reset_at)] if self.reset_at else []) + [(run, 0) for run in range(runs)]

    @property
    def scale(self) -> int:
        """What limits are multiplied by."""
        return PATIENCE if any(stall.profile or stall.blocked for stall in self.stalls.values()) else 1

    def plusargs(self) -> dict[str, int]:
        """How the harness is told."""
        found = {"scale": self.scale}
        for port, stall in self.stalls.items():
            digest = hashlib.sha256(f"{self.seed} {port}".encode()).digest()
            found[f"{port}.profile"] = stall.profile
            found[f"{port}.blocked"] = stall.blocked
            found[f"{port}.seed"] = int.from_bytes(digest[:4], "big")
        return found


def parse_port_stalls(text: str, takes: Sequence[str], gives: Sequence[str]) -> dict[str, Stall]:
    """Profiles by port: `p50` for all, `none,p90` for what goes in and what comes out, `x:p90,y:bursts` for ports.

    Args:
        text: as a user gives it.
        takes: ports that words go in by, or both ways; gives: ports that words come out of.

    Raises:
        SettingError: an unknown profile or port.
    """
    if ":" not in text:
        into, out = parse_stalls(text)
        return dict.fromkeys(takes, into) | dict.fromkeys(gives, out)
    found = {}
    for part in text.split(","):
        port, _, profile = part.partition(":")
        if port not in (*takes, *gives):
            there = ", ".join((*takes, *gives)) or "none"
            raise SettingError(
                "{stall}: no port {port!r} can hold back; there are {there}", {"port": port, "there": there}
            )
        if profile not in PROFILES:
            known = ", ".join(PROFILES)
            raise SettingError("{stall}: profile {name!r} is not one of {known}", {"name": profile, "known": known})
        found[port] = PROFILES[profile]
    return found
