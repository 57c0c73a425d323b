"""Long lists of cases: `make test` takes a sample, `make faults` all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest

SAMPLE = 4
"""One in so many belongs to `make test`."""


def sampled(names: Iterable[str], every: int = SAMPLE) -> list[Any]:
    """Parameters for pytest: every n-th name as it is, the others marked as campaign."""
    return [
        name if index % every == 0 else pytest.param(name, marks=pytest.mark.campaign)
        for index, name in enumerate(names)
    ]


def crossed(*axes: Iterable[Any], every: int = 2) -> list[Any]:
    """Parameters for pytest, all combinations: every n-th diagonal as it is, the rest marked as campaign.

    With 2 that are the squares of one colour on a chess board: of three axes, any two still meet in all their pairs."""
    found = []
    for numbered in itertools.product(*(list(enumerate(axis)) for axis in axes)):
        numbers, values = zip(*numbered, strict=True)
        found.append(pytest.param(*values, marks=pytest.mark.campaign if sum(numbers) % every else ()))
    return found
