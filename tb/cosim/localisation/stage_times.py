"""In which cycles a pixel's signals come inside the window former and the array, whose ends alone have valids.

Where the ends lie as far apart as contract.pipeline says, so do the signals between them, unless what is known to be
right says otherwise. In a core with other latencies every possible cycle is a candidate; signals that are known to be
right, because what was made of them is, tell which. If they do not, nothing between the ends is blamed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from t2c.contract import pipeline
from t2c.contract.hardware import Hardware
from t2c.core_model.visits import RowRead
from t2c.tb.cosim.localisation.core_probe import Sample

At = Callable[[int], Sample | None]
"""The sample of a cycle, if it was recorded."""


@dataclass(frozen=True, kw_only=True)
class RowWitness:
    """What is known of one array row's operand. issued, ready: cycles of the pixel's issue and of its operand; row;
    read: what it reads; word: golden's, as the memory holds it."""

    issued: int
    ready: int
    row: int
    read: RowRead
    word: int


def window_times(seen: Sequence[RowWitness], span: int, at: At) -> list[tuple[int, int]]:
    """After how many cycles a bank's address comes, and after how many its word.

    Args:
        seen: rows whose operands are right and that read a memory.
        span: cycles from a pixel's issue to its operands.
        at: samples.

    Returns:
        all candidates that as many right rows speak for as for any other.
    """
    first, second = pipeline.ADDRESS.fixed, (pipeline.ADDRESS + pipeline.MEMORY).fixed
    extra = span - pipeline.WINDOW.fixed
    if extra == 0:
        return [(first, second)]
    # A longer window gives nothing earlier, a shorter one nothing later.
    candidates = [
        (max(address, 0), max(word, 0))
        for address in range(first + min(extra, 0), first + max(extra, 0) + 1)
        for word in range(second + min(extra, 0), second + max(extra, 0) + 1)
        if word > address
    ]
    votes = {candidate: 0 for candidate in candidates}
    for one in seen:
        came = [at(one.issued + cycle) for cycle in range(span + 1)]
        addresses = {k for k, s in enumerate(came) if s and s.addresses[one.row] == one.read.address}
        words = {k for k, s in enumerate(came) if s and s.words[one.row] == one.word}
        for candidate in candidates:
            votes[candidate] += (candidate[0] in addresses) + (candidate[1] in words)
    return [candidate for candidate in votes if votes[candidate] == max(votes.values())]


@dataclass(frozen=True, kw_only=True)
class ColumnWitness:
    """The way of one pixel down an array column. ready: cycle of its operands; psums: golden's, one a row."""

    ready: int
    psums: tuple[int, ...]


def column_times(seen: Sequence[ColumnWitness], span: int, lane: int, hardware: Hardware, at: At) -> list[int]:
    """By how many cycles the partial sums of a column come later than contract.pipeline says.

    Args:
        seen: pixels whose column sum is right.
        span: cycles from a pixel's operands to its column sum.
        lane: the column.
        hardware: of the core.
        at: samples.

    Returns:
        all candidates that no right pixel speaks against; none if the rows' distances are other ones.
    """
    extra = span - pipeline.ARRAY.of(hardware)
    candidates = range(min(extra, 0), max(extra, 0) + 1)
    return [
        late
        for late in candidates
        if all(rows_right(one, late, lane, hardware, at) == hardware.tile_words for one in seen)
    ]


def rows_right(one: ColumnWitness, late: int, lane: int, hardware: Hardware, at: At) -> int:
    """How many rows from the top give the right partial sums, if all come so many cycles late."""
    for row, psum in enumerate(one.psums):
        sample = at(psum_cycle(one.ready, row, lane, late))
        if sample is None or sample.psums[row] != psum % (1 << hardware.psum_w):
            return row
    return hardware.tile_words


def psum_cycle(ready: int, row: int, lane: int, late: int) -> int:
    """When a partial sum leaves its processing element, if it comes so many cycles later than contract.pipeline says.

    Args:
        ready: cycle of the operands.
        row, lane: of the processing element.
        late: cycles.
    """
    return ready + pipeline.partial_sum(row, lane).fixed - pipeline.WINDOW.fixed + late
