"""Back-pressure profiles: one description for the harness's stall generators and for the Python drivers."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from t2c.common.errors import SettingError

BURSTS = 255
"""Profile code of tb/hdl/stall_gen.v for bursts."""


@dataclass(frozen=True, kw_only=True)
class Stall:
    """How one side of a stream holds back.

    name: of the profile; profile: 0 never, 1..254 at random in profile / 256 of the cycles, 255 bursts of 1..32;
    blocked: cycles held back at the start.
    """

    name: str
    profile: int = 0
    blocked: int = 0

    def cycles(self, rng: random.Random) -> Iterator[bool]:
        """Yield, cycle by cycle, whether to hold back; endless."""
        for _ in range(self.blocked):
            yield True
        stalled = True
        while True:
            if self.profile != BURSTS:
                yield rng.randrange(256) < self.profile
                continue
            stalled = not stalled
            for _ in range(rng.randint(1, 32)):
                yield stalled


PROFILES = {
    stall.name: stall
    for stall in (
        Stall(name="none"),
        Stall(name="p10", profile=26),
        Stall(name="p50", profile=128),
        Stall(name="p90", profile=230),
        Stall(name="bursts", profile=BURSTS),
        Stall(name="blocked", blocked=200),
    )
}


def never() -> Iterator[bool]:
    """Yield False for ever: no back-pressure."""
    return itertools.repeat(False)


def parse_stalls(text: str) -> tuple[Stall, Stall]:
    """Return the profiles (input side, output side) of "both" or "input,output".

    >>> [stall.name for stall in parse_stalls("p50")], [stall.name for stall in parse_stalls("none,bursts")]
    (['p50', 'p50'], ['none', 'bursts'])

    Raises:
        SettingError: an unknown profile; the message lists them.
    """
    names = text.split(",")
    for name in names:
        if name not in PROFILES:
            known = ", ".join(PROFILES)
            raise SettingError("{stall}: profile {name!r} is not one of {known}", {"name": name, "known": known})
    if len(names) > 2:
        raise SettingError("{stall} = {text!r}: one profile, or two as input,output", {"text": text})
    return PROFILES[names[0]], PROFILES[names[-1]]
