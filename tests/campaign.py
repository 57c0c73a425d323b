"""Long lists of planted faults: `make test` takes a sample, `make faults` all of them."""

from __future__ import annotations

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
