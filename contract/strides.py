"""The steps that an axis of a tensor takes in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Stride:
    """What one step along an axis, or along one factor of it, adds. extent: indices, at least 2; channels: to the
    channel; words: to the address."""

    extent: int
    channels: int = 0
    words: int = 0


Axis = tuple[Stride, ...]
"""Factors of an axis, the slowest first; none where its extent is 1."""


def merged(strides: Sequence[Stride]) -> Axis:
    """The same steps in as few factors as possible: neighbours join where the slower one goes on where the other ends.

    >>> merged([Stride(extent=4, words=6), Stride(extent=3, words=2)])
    (Stride(extent=12, channels=0, words=2),)
    """
    found: list[Stride] = []
    for inner in strides:
        last = found[-1] if found else None
        if last and (last.channels, last.words) == (inner.extent * inner.channels, inner.extent * inner.words):
            found[-1] = Stride(extent=last.extent * inner.extent, channels=inner.channels, words=inner.words)
        else:
            found.append(inner)
    return tuple(found)


def axis_of(extent: int, *, channels: int = 0, words: int = 0) -> Axis:
    """An axis of one factor, or of none."""
    return (Stride(extent=extent, channels=channels, words=words),) if extent > 1 else ()
