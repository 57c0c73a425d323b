"""Functional coverage: groups of named bins that are declared before anything is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.tb.components.stalls import PROFILES

BoolArray = npt.NDArray[np.bool_]
Classes = Mapping[str, Mapping[str, BoolArray]]
"""Group -> class -> which of n inputs are in it. Every class is there, also an empty one, so its names are the bins."""


JOIN = "; "
"""Between the two names of a bin of a cross."""


class UndeclaredBin(KeyError):
    """A bin that nobody declared was hit or excluded; the message names it."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(kw_only=True)
class Bin:
    """One thing that must happen. hits: how often it did; excluded: why it cannot happen here, or empty."""

    hits: int = 0
    excluded: str = ""

    @property
    def unhit(self) -> bool:
        return not self.hits and not self.excluded


class Coverage:
    """Bins by group and name, and how often each was hit.

    groups: group -> names of the bins that must be hit.
    """

    def __init__(self, groups: Mapping[str, Iterable[str]] | None = None) -> None:
        self.groups: dict[str, dict[str, Bin]] = {}
        self.declare(groups or {})

    def declare(self, groups: Mapping[str, Iterable[str]]) -> None:
        """Add bins; those that are there keep their hits."""
        for group, names in groups.items():
            bins = self.groups.setdefault(group, {})
            for name in names:
                bins.setdefault(name, Bin())

    def _bin(self, group: str, name: str) -> Bin:
        found = self.groups.get(group, {}).get(name)
        if found is None:
            raise UndeclaredBin(f"bin {name!r} of group {group!r} was never declared")
        return found

    def hit(self, group: str, name: str, count: int = 1) -> None:
        """Count a bin.

        Raises:
            UndeclaredBin: nobody declared it.
        """
        self._bin(group, name).hits += count

    def hit_classes(self, classes: Classes) -> None:
        """Count every class by the number of inputs in it.

        Raises:
            UndeclaredBin: a class that nobody declared.
        """
        for group, members in classes.items():
            for name, inside in members.items():
                self.hit(group, name, int(np.count_nonzero(inside)))

    def exclude(self, group: str, name: str, reason: str) -> None:
        """Say why a bin cannot be hit here. One that is hit all the same counts as hit.

        Raises:
            UndeclaredBin: nobody declared it.
            ValueError: no reason is given.
        """
        if not reason:
            raise ValueError(f"bin {name!r} of group {group!r} is excluded without a reason")
        self._bin(group, name).excluded = reason

    def exclude_everywhere(self, name: str, reason: str) -> None:
        """Exclude the bin of that name and every bin of a cross that it is part of.

        Raises:
            UndeclaredBin: there is none.
        """
        found = [(group, bin) for group, bins in self.groups.items() for bin in bins if name in bin.split(JOIN)]
        if not found:
            raise UndeclaredBin(f"bin {name!r} was never declared")
        for group, bin in found:
            self.exclude(group, bin, reason)

    def merge(self, other: Coverage) -> None:
        """Add another run: hits add up; a bin stays excluded only if no run that declares it could have hit it."""
        for group, bins in other.groups.items():
            here = self.groups.setdefault(group, {})
            for name, added in bins.items():
                known = here.setdefault(name, Bin(excluded=added.excluded))
                known.hits += added.hits
                known.excluded = known.excluded and added.excluded

    def unhit(self) -> list[tuple[str, str]]:
        """(group, name) of every bin that was neither hit nor excluded, in the order of declaration."""
        return [(group, name) for group, bins in self.groups.items() for name, one in bins.items() if one.unhit]

    def to_json(self) -> dict[str, Any]:
        """Group -> bin -> hits, or the reason why it is not applicable and was not hit."""
        return {
            group: {name: one.hits if one.hits or not one.excluded else one.excluded for name, one in bins.items()}
            for group, bins in self.groups.items()
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Mapping[str, int | str]]) -> Coverage:
        """What `to_json` wrote."""
        made = cls(stored)
        for group, bins in stored.items():
            for name, value in bins.items():
                if isinstance(value, str):
                    made.exclude(group, name, value)
                else:
                    made.hit(group, name, value)
        return made


def after(happened: BoolArray) -> BoolArray:
    """The cycles that follow one in which it happened."""
    return np.concatenate([np.zeros(min(1, len(happened)), dtype=bool), happened[:-1]])


def cross(first: Mapping[str, BoolArray], second: Mapping[str, BoolArray]) -> dict[str, BoolArray]:
    """Every class of one group with every class of another: inputs that are in both."""
    return {f"{a}{JOIN}{b}": left & right for a, left in first.items() for b, right in second.items()}


def names(classes: Classes) -> dict[str, tuple[str, ...]]:
    """The bins that go with the classes, group by group."""
    return {group: tuple(members) for group, members in classes.items()}


def cover_parameters(coverage: Coverage, wanted: Mapping[str, Iterable[int]], parameters: Mapping[str, int]) -> None:
    """Declare the values of parameters that a unit must be built with, and hit those of this build."""
    for name, values in wanted.items():
        coverage.declare({"widths": [f"{name} = {value}" for value in values]})
        if parameters[name] in values:
            coverage.hit("widths", f"{name} = {parameters[name]}")


def stall_classes(stall_in: str, stall_out: str, count: int) -> Classes:
    """Inputs that all came behind these two profiles."""
    return {
        f"{side} stalls": {f"{side} stalls {name}": np.full(count, name == used) for name in PROFILES}
        for side, used in (("input", stall_in), ("output", stall_out))
    }


def stall_pairs(classes: Classes) -> Classes:
    """The pairs of `stall_classes` that must be hit together."""
    return {"stalls of both sides": cross(classes["input stalls"], classes["output stalls"])}
