"""Plant a fault in golden or in the oracle, and see what a check makes of it."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pytest

from oracle.check import Check, NotApplicable, compare
from oracle.registry import CHECKS


def plant(monkeypatch: pytest.MonkeyPatch, place: str, make: Callable[[Any], Any]) -> None:
    """Replace <package>.<module>.<name> or <package>.<module>.<class>.<name>, or a built-in that it calls, by what is
    made of it; raise AttributeError if there is none."""
    names = place.split(".")
    cut = len(names) - 1
    while True:
        try:
            owner = importlib.import_module(".".join(names[:cut]))
            break
        except ImportError:
            cut -= 1
    for name in names[cut:-1]:
        owner = getattr(owner, name)
    right = getattr(owner, names[-1]) if hasattr(owner, names[-1]) else getattr(builtins, names[-1])
    monkeypatch.setattr(owner, names[-1], make(right), raising=False)


def covered(patterns: tuple[str, ...]) -> list[Check]:
    """The checks that any of the patterns names; each names one."""
    found = [check for check in CHECKS if any(fnmatchcase(check.name, pattern) for pattern in patterns)]
    assert all(any(fnmatchcase(check.name, pattern) for check in CHECKS) for pattern in patterns)
    return found


def first_mismatch(check: Check, *, seed: int = 3) -> str:
    """The report of the first mismatch among the values that make oracle would compare; an error counts as one."""
    counted = 0
    try:
        for batch in check.batches(np.random.default_rng(seed)):
            if isinstance(batch, NotApplicable):
                continue
            wrong, report = compare(batch)
            if wrong:
                return report
            counted += check.counted(batch)
            if counted > 1_000_000 and not check.exhaustive:
                break
    except (IndexError, ValueError, AssertionError, ArithmeticError) as error:
        return f"refused: {error!r}"
    return f"none in {counted} values"
