"""Classes that rows have because they come in beats: one input for each lane of a beat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from t2c.tb.components.bins import BoolArray, Classes, Coverage, cover_parameters, names, stall_classes, stall_pairs
from t2c.tb.units.row_space import BeatSpace

EVENTS = (
    "row longer than MAX_LEN",
    "reset with part of a row in",
    "reset with a row under way",
    "results one by one while all else waits",
)


class RowLanes:
    """Lanes of a row's beats, beat by beat, the lowest first; those beyond the row's end are in no class but one."""

    def __init__(self, length: int, space: BeatSpace) -> None:
        self.length, self.space = length, space
        self.beats = -(-length // space.lanes)
        self.count = self.beats * space.lanes
        self.inside = np.arange(self.count) < length

    def each(self, values: BoolArray) -> BoolArray:
        """Of the elements."""
        return np.concatenate([values, np.zeros(self.count - self.length, dtype=bool)])

    def every(self, holds: bool) -> BoolArray:
        """Of the row, so of all its elements."""
        return self.inside & holds

    def classes(self, stall_in: str, stall_out: str) -> Classes:
        """Which lanes are in which class; stall_in, stall_out: names of both sides' profiles."""
        length, lanes, every, inside, at = self.length, self.space.lanes, self.every, self.inside, np.arange(self.count)
        return {
            "length": {
                "row of one": every(length == 1),
                "row of one beat": every(1 < length <= lanes),
                "row of whole beats": every(length > lanes and length % lanes == 0),
                "row of whole beats and a part": every(length > lanes and length % lanes != 0),
                "row of MAX_LEN": every(length == self.space.longest),
                **{f"bit {b} of N": every(bool(length >> b & 1)) for b in range(self.space.longest.bit_length())},
            },
            "last beat": {f"last beat of {n}": every((length - 1) % lanes + 1 == n) for n in range(1, lanes + 1)},
            "lane": {
                **{f"lane {lane}": inside & (at % lanes == lane) for lane in range(lanes)},
                "beyond the end": ~inside,
            },
            "beat": {
                "first beat": inside & (at < lanes),
                "last beat": inside & (at >= (self.beats - 1) * lanes),
                "beat between": inside & (at >= lanes) & (at < (self.beats - 1) * lanes),
            },
            "sign": {"signed": every(self.space.signed), "unsigned": every(not self.space.signed)},
            **stall_classes(stall_in, stall_out, self.count),
        }


def cover_rows(space: BeatSpace, base: Classes, wanted: Mapping[str, Sequence[int]], signs: Sequence[bool]) -> Coverage:
    """All bins of a unit with these classes; those that no row in beats can be in are excluded.

    Args:
        space: of the unit's rows.
        base: classes of any row; their names are the bins.
        wanted: values of each parameter that must be tried.
        signs: of the elements that the module takes.
    """
    made = Coverage({**names(base), **names(stall_pairs(base)), "events": EVENTS})
    cover_parameters(made, wanted, space.parameters)
    for name, sign in (("signed", True), ("unsigned", False)):
        if sign not in signs:
            made.exclude("sign", name, "the module does not read elements so")
    for group, name, reason in _out_of_reach(space):
        made.exclude(group, name, reason)
    return made


def _out_of_reach(space: BeatSpace) -> Iterator[tuple[str, str, str]]:
    if space.lanes == 1:
        for group, name in (("length", "row of one beat"), ("length", "row of whole beats and a part")):
            yield group, name, "a beat has one element"
        yield "lane", "beyond the end", "a beat has one element"
    if space.longest < 3 * space.lanes:
        yield "beat", "beat between", "the longest row has two beats"
