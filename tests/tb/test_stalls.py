"""Back-pressure profiles hold back as often as they say."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from t2c.common.errors import UserError
from t2c.common.places import HDL
from t2c.tb.components.stalls import BURSTS, PROFILES, never, parse_stalls

CYCLES = 40_000


def pattern(name: str, cycles: int = CYCLES, seed: int = 1) -> list[bool]:
    return list(itertools.islice(PROFILES[name].cycles(random.Random(seed)), cycles))


@pytest.mark.parametrize(("name", "share"), [("none", 0.0), ("p10", 0.1), ("p50", 0.5), ("p90", 0.9), ("bursts", 0.5)])
def test_share_of_stalled_cycles(name: str, share: float) -> None:
    """Five standard deviations are below 0.02, of bursts (about 2,400 of them) below 0.04."""
    found = sum(pattern(name)) / CYCLES
    assert abs(found - share) < (0.04 if name == "bursts" else 0.02)
    assert (found == 0) == (name == "none")


def test_bursts_are_runs_of_1_to_32_of_either_kind() -> None:
    runs = [(stalled, len(list(run))) for stalled, run in itertools.groupby(pattern("bursts"))][:-1]
    for kind in (True, False):
        lengths = {length for stalled, length in runs if stalled is kind}
        assert lengths == set(range(1, 33))


def test_single_cycles_are_drawn_one_by_one() -> None:
    """A stalled cycle of p50 follows a stalled one as often as a free one."""
    cycles = pattern("p50")
    after = [b for a, b in itertools.pairwise(cycles) if a]
    assert abs(sum(after) / len(after) - 0.5) < 0.02


def test_blocked_is_blocked_at_the_start_only() -> None:
    assert pattern("blocked", 300) == [True] * 200 + [False] * 100


@pytest.mark.parametrize("name", ["p10", "p50", "p90", "bursts"])
def test_the_seed_decides(name: str) -> None:
    assert pattern(name, 200, seed=3) == pattern(name, 200, seed=3)
    assert pattern(name, 200, seed=3) != pattern(name, 200, seed=4)


def test_never() -> None:
    assert not any(itertools.islice(never(), 100))


def test_profile_codes_fit_the_harness() -> None:
    assert all(0 <= stall.profile <= 255 and stall.blocked >= 0 for stall in PROFILES.values())
    assert all(PROFILES[name].name == name for name in PROFILES)
    assert f"profile_i == 8'd{BURSTS}" in (HDL / "stall_gen.v").read_text()


@pytest.mark.parametrize(
    ("text", "names"),
    [("none", ("none", "none")), ("p50", ("p50", "p50")), ("p10,bursts", ("p10", "bursts"))],
)
def test_one_profile_or_two(text: str, names: tuple[str, str]) -> None:
    assert tuple(stall.name for stall in parse_stalls(text)) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("p20", "stall: profile 'p20' is not one of none, p10, p50, p90, bursts, blocked"),
        ("", "stall: profile '' is not one of"),
        ("p10,", "stall: profile '' is not one of"),
        ("p10, p50", "stall: profile ' p50' is not one of"),
        ("p10,p10,p10", "stall = 'p10,p10,p10': one profile, or two as input,output"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        parse_stalls(text)
