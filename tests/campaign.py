"""Long lists of cases: `make test` takes a sample, `make faults` all of them.

`@pytest.mark.sample(3)` above a parametrised test: `make test` runs every third case, from the first on. `make check`
samples what has no such mark too; `sample(1)` keeps all cases there. `crossed` is for cases that are all combinations
of several lists. `@pytest.mark.campaign` leaves a case, or a whole test that takes long, to `make faults`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

COLLECTED, ALONE = pytest.StashKey[set[str]](), pytest.StashKey[set[str]]()
"""The files of this run, and the functions in them of which `make test` runs no case."""
QUICK = 4
"""`make check` runs one case in so many."""


def mark_samples(items: Iterable[pytest.Item], others: int = 1) -> None:
    """Of each test that has the mark `sample(n)`, all cases but every n-th become of a campaign.

    Args:
        items: in their order; others: the n of those without the mark.
    """
    cases = Counter[str]()
    for item in items:
        if item.get_closest_marker("campaign"):
            continue
        mark = item.get_closest_marker("sample")
        (every,) = (others,) if mark is None else mark.args
        function = item.nodeid.partition("[")[0]
        if cases[function] % every:
            item.add_marker(pytest.mark.campaign)
        cases[function] += 1


def of_campaigns_alone(items: Iterable[pytest.Item]) -> set[str]:
    """The functions of which `make test` runs no case, by file and name."""
    cases: dict[str, bool] = {}
    for item in items:
        function = item.nodeid.partition("[")[0]
        cases[function] = cases.get(function, True) and item.get_closest_marker("campaign") is not None
    return {function for function, alone in cases.items() if alone}


def crossed(*axes: Iterable[Any], every: int = 2) -> list[Any]:
    """Parameters for pytest, all combinations: every n-th diagonal as it is, the rest marked as campaign.

    With 2 that are the squares of one colour on a chess board: of three axes, any two still meet in all their pairs."""
    found = []
    for numbered in itertools.product(*(list(enumerate(axis)) for axis in axes)):
        numbers, values = zip(*numbered, strict=True)
        found.append(pytest.param(*values, marks=pytest.mark.campaign if sum(numbers) % every else ()))
    return found
