"""How a column run is cut where weights are zero.

What is zero at an end of K makes a run shorter. In the middle it makes two runs of one, whose sums add up in the
accumulators. Column tiles that use other channel words than their neighbours get runs of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from t2c.mapping.tiles import ColumnRun, Flags

Span = tuple[int, int]
"""First one and end, which is beyond."""
Price = Callable[[int, int], float]


def cheapest(count: int, price: Price) -> tuple[float, list[Span]]:
    """Cut 0 .. count - 1 into pieces with the least sum of price(first, end): that sum, and the pieces in order.

    >>> cheapest(3, lambda first, end: 11 if end - first == 3 else 5)
    (10, [(0, 1), (1, 3)])
    """
    totals: list[float] = [0]
    starts: list[int] = []
    for end in range(1, count + 1):
        total, start = min((totals[first] + price(first, end), first) for first in range(end))
        totals.append(total)
        starts.append(start)
    pieces: list[Span] = []
    end = count
    while end:
        pieces.insert(0, (starts[end - 1], end))
        end = starts[end - 1]
    return totals[-1], pieces


@dataclass(frozen=True, kw_only=True, eq=False)
class Shortening:
    """cycles: of a run of so many column tiles and channel words, infinite if there is none; groups: column tiles of a
    memory word of results, of which a run has whole ones; splits: several runs may add up to one column tile."""

    cycles: Price
    groups: int
    splits: bool

    def of(self, run: ColumnRun, used: Flags) -> tuple[float, tuple[ColumnRun, ...]]:
        """The runs in place of one that take the fewest cycles, and how many.

        Args:
            run: over all of K.
            used: (memory words of results, channel words) of the run that have a weight other than 0.
        """
        if used.all():
            return self.cycles(run.tiles, run.words), (run,)

        stretches = [_stretches(mine) for mine in used]

        @cache
        def parts(first: int, end: int) -> tuple[float, list[Span]]:
            mine = [each for each in stretches[first:end] if each]
            # Of filters that are all zero the first word stays, since a run has to write their results.
            within = min((each[0][0] for each in mine), default=0), max((each[-1][1] for each in mine), default=1)
            tiles = (end - first) * self.groups
            if mine and tiles == 1 and self.splits:
                return self._split(*mine)
            return self.cycles(tiles, within[1] - within[0]), [within]

        total, pieces = cheapest(len(used), lambda first, end: parts(first, end)[0])
        return total, tuple(
            replace(
                run,
                first_tile=run.first_tile + first * self.groups,
                tiles=(end - first) * self.groups,
                first_word=run.first_word + low,
                words=high - low,
                keep=low > spans[0][0],
                hold=high < spans[-1][1],
            )
            for first, end in pieces
            for spans in (parts(first, end)[1],)
            for low, high in spans
        )

    def _split(self, used: list[Span]) -> tuple[float, list[Span]]:
        """Cycles of a column tile, and the channel words of each of its runs, between these or not."""
        total, pieces = cheapest(len(used), lambda first, end: self.cycles(1, used[end - 1][1] - used[first][0]))
        return total, [(used[first][0], used[end - 1][1]) for first, end in pieces]


def _stretches(used: Flags) -> list[Span]:
    """Neighbouring words that are used."""
    edges = np.flatnonzero(np.diff(used.astype(np.int8), prepend=0, append=0))
    return [(int(low), int(high)) for low, high in edges.reshape(-1, 2)]
