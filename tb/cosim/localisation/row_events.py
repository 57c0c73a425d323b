"""What tb/hdl/row_probe.v writes down of one step of the row engine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from t2c.contract.field_kinds import WORD_BITS

Value = int | None
"""Of a signal, unsigned; None where a bit is X."""


class Event(StrEnum):
    """What passes, in the order of the data; the signals of each are those of row_probe.v."""

    START = "D"
    BEAT = "I"
    MAXIMUM = "M"
    EXPONENTIALS = "E"
    SUM = "S"
    RECIPROCAL = "R"
    SUMS = "Q"
    CONSTANTS = "C"
    NORMALISED = "T"
    RESULTS = "Y"
    GROUP = "W"


@dataclass(frozen=True, kw_only=True)
class Passed:
    """One event. cycle: of the run; fields: its signals in binary."""

    cycle: int
    fields: tuple[str, ...]

    def number(self, field: int) -> Value:
        """A signal as one number."""
        return _number(self.fields[field])

    def lane(self, field: int, lane: int, bits: int) -> Value:
        """Lane of a signal, lane 0 in its lowest bits."""
        text = self.fields[field]
        return _number(text[len(text) - (lane + 1) * bits : len(text) - lane * bits])


@dataclass(frozen=True, kw_only=True, eq=False)
class RowEvents:
    """What was written down. start: cycle and descriptor of the step, None if it never started; events: in order."""

    start: tuple[int, tuple[Value, ...]] | None
    events: dict[Event, list[Passed]]

    def at(self, event: Event, number: int) -> Passed | None:
        """One of the events of a kind; None if there are not so many."""
        found = self.events[event]
        return found[number] if number < len(found) else None


def _number(bits: str) -> Value:
    return None if set(bits) - {"0", "1"} else int(bits, 2)


def read_events(path: Path) -> RowEvents:
    """Read a file; one that is not there holds nothing."""
    start: tuple[int, tuple[Value, ...]] | None = None
    events: dict[Event, list[Passed]] = {event: [] for event in Event}
    for line in path.read_text().splitlines() if path.is_file() else ():
        letter, cycle, *fields = line.split()
        if Event(letter) is Event.START:
            start = int(cycle, 16), _descriptor(fields[0])
        else:
            events[Event(letter)].append(Passed(cycle=int(cycle, 16), fields=tuple(fields)))
    return RowEvents(start=start, events=events)


def _descriptor(text: str) -> tuple[Value, ...]:
    """The words of a descriptor in hexadecimal, word 0 in its lowest bits."""
    digits = WORD_BITS // 4
    words = [text[low - digits : low] for low in range(len(text), 0, -digits)]
    return tuple(None if set(word.lower()) & set("xz") else int(word, 16) for word in words)
