"""Greedy shrinking: moves are tried until none of them leaves a smaller case that fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from t2c.tb.shrink.case import Failure, ShrinkCase, size_of

Candidate = Callable[[], ShrinkCase]
"""Makes a smaller case; raises one of `ILLEGAL` if there is none."""
Trying = Generator[Candidate, bool, None]
"""What a move is when it runs: it gives candidates and is told of each whether it was taken."""
Move = Callable[["Search"], Trying]
"""Proposes candidates for the search's case, boldest first."""
Attempt = Callable[[ShrinkCase], Failure | None]
"""Runs a case; returns how it fails, or None if it passes. Raises one of `ILLEGAL` if it cannot be run."""

ILLEGAL = (ValueError, LookupError, NotImplementedError)
"""What makes of a candidate no case: golden, the compiler or the hardware refuse it."""


@dataclass
class Search:
    """A search under way, and what it came to.

    case, failure: the smallest so far; attempt: runs a case; seconds: after which it stops; tries: runs so far;
    ended: why it stopped.
    """

    case: ShrinkCase
    failure: Failure
    attempt: Attempt
    seconds: float
    clock: Callable[[], float] = time.monotonic
    tries: int = 0
    ended: str = ""
    taken: list[str] = field(default_factory=list)
    _tried: set[str] = field(default_factory=set)
    _started: float = 0.0

    def run(self, moves: Sequence[Move]) -> None:
        """Try the moves in turn, over and over, until a whole round takes nothing or the time is over."""
        self._started = self.clock()
        self._tried = {self.case.digest()}
        while True:
            before = len(self.taken)
            for move in moves:
                if not self._exhaust(move):
                    self.ended = f"the {self.seconds:g} s were over"
                    return
            if len(self.taken) == before:
                self.ended = "no move leaves anything smaller that fails"
                return

    def _exhaust(self, move: Move) -> bool:
        """Run a move to its end; return False if the time is over."""
        trying = move(self)
        try:
            candidate = next(trying)
            while self.clock() - self._started < self.seconds:
                candidate = trying.send(self._take(candidate, move))
        except StopIteration:
            return True
        finally:
            trying.close()
        return False

    def _take(self, candidate: Candidate, move: Move) -> bool:
        """Make the candidate the case if it is smaller and fails alike."""
        try:
            case = candidate()
            digest = case.digest()
            if digest in self._tried or size_of(case) >= size_of(self.case):
                return False
            self._tried.add(digest)
            self.tries += 1
            failure = self.attempt(case)
        except ILLEGAL:
            return False
        if failure is None or failure.kind != self.failure.kind:
            return False
        self.case, self.failure = case, failure
        self.taken.append(move.__name__)
        return True


def least(low: int, high: int, make: Callable[[int], ShrinkCase]) -> Generator[Candidate, bool, int]:
    """Find a small number for which `make` fails; return it. high: known to fail; low: where to begin."""
    first = low
    while low < high:
        middle = first if low == first else (low + high) // 2
        if (yield _of(make, middle)):
            high = middle
        else:
            low = middle + 1
    return high


def fewest(
    items: Sequence[int], make: Callable[[list[int]], ShrinkCase], favourite: int | None = None, least: int = 1
) -> Generator[Candidate, bool, list[int]]:
    """Find a small part of the items with which `make` fails; return it.

    The favourite alone comes first, then the items without a half, a quarter, ... of them (delta debugging).
    """
    kept = list(items)
    if favourite in kept and len(kept) > least and least == 1 and (yield _of(make, [favourite])):
        return [favourite]
    size = max((len(kept) + 1) // 2, 1)
    while True:
        start, taken = 0, False
        while start < len(kept) and len(kept) > least:
            rest = kept[:start] + kept[start + size :]
            if len(rest) >= least and (yield _of(make, rest)):
                kept, taken = rest, True
            else:
                start += size
        if size == 1 and not taken:
            return kept
        size = (size + 1) // 2


def _of(make: Callable[..., ShrinkCase], argument: object) -> Candidate:
    return lambda: make(argument)
