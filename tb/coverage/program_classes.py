"""Bins of the steps that programs run: each class, boundary and bit of each field, and pairs of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from t2c.contract.descriptor import EXTENT_MAX, FIELDS, Descriptor
from t2c.contract.hardware import PARAMETERS, Hardware
from t2c.contract.legal_space import PAIRS, dimension
from t2c.contract.operations import Combine, Operation
from t2c.golden.graph.dimension import Dimension, number
from t2c.tb.components.bins import JOIN, Coverage
from t2c.tb.random_programs.builds import BUILDS

LARGE = 1024
"""An extent from here on is large."""
EXTENTS = ("images", "out_h", "out_w", "k_tiles", "col_tiles")
ROWS = max(hardware.rows for hardware in BUILDS.values())
WORDS = 19
"""Bits of the longest transfer of the campaign."""
MOST_ROWS = next(entry.high for entry in PARAMETERS if entry.name == "ROWS")
FEW_ROWS = (
    f"the campaign's arrays have at most {ROWS} rows; tile_loader, which alone reads it, has {MOST_ROWS} on its bench"
)
ALL_ROWS = f"more than the {MOST_ROWS} rows of the largest array"
LONG = "takes longer than the campaign has; proven by stream_loader/words and stream_storer/words"
EXTENT = f"an input with its padding has at most {EXTENT_MAX} rows or columns"


def program_groups() -> dict[str, tuple[str, ...]]:
    """All bins, by group: a group for each field, one of pairs of fields, one of what meets in a step."""
    fields = {f"field {entry.name}": _field_bins(_of(entry.name)) for entry in FIELDS}
    return {**fields, "pairs of fields": tuple(_pair_bins()), "meetings": tuple(_meeting_bins())}


@cache
def _of(name: str) -> Dimension:
    return dimension(f"descriptor.{name}")


def _field_bins(field: Dimension) -> tuple[str, ...]:
    return (*(each.name for each in field.classes), *field.bits, *(exactly(value) for value in _boundaries(field)))


def _boundaries(field: Dimension) -> Iterator[int]:
    """Those that are not a class of their own."""
    alone = {each.low for each in field.classes if each.low == each.high}
    yield from (value for value in field.boundaries if value not in alone)


def exactly(value: int) -> str:
    """The bin of a boundary."""
    return f"exactly {number(value)}"


def _pairs() -> Iterator[tuple[Dimension, Dimension]]:
    for first, second in PAIRS:
        if first.startswith("descriptor.") and second.startswith("descriptor."):
            yield dimension(first), dimension(second)


def _pair_bins() -> Iterator[str]:
    for first, second in _pairs():
        for one in first.classes:
            for two in second.classes:
                yield f"{first.name} {one.name}{JOIN}{second.name} {two.name}"


def _meeting_bins() -> Iterator[str]:
    for combine in Combine:
        for name in EXTENTS:
            yield f"{combine.name}{JOIN}{name} from {LARGE} on"
        yield f"{combine.name}{JOIN}ROWS > COLS, several column tiles"
    yield from (f"negative {entry.name}" for entry in FIELDS if entry.kind.signed)


def cover_program(steps: Iterable[Descriptor], hardware: Hardware) -> Coverage:
    """The bins that a program hits once all that it gave has been compared."""
    made = Coverage(program_groups())
    for step in steps:
        for entry in FIELDS:
            if step.op not in entry.readers:
                continue
            value, field = int(getattr(step, entry.name)), _of(entry.name)
            for name in (field.class_of(value), *field.bits_of(value)):
                made.hit(f"field {entry.name}", name)
            if exactly(value) in made.groups[f"field {entry.name}"]:
                made.hit(f"field {entry.name}", exactly(value))
        if step.op is Operation.RUN:
            _cover_run(made, step, hardware)
    _exclude(made)
    return made


def _cover_run(made: Coverage, step: Descriptor, hardware: Hardware) -> None:
    for first, second in _pairs():
        names = (f"{each.name} {each.class_of(int(getattr(step, each.name)))}" for each in (first, second))
        made.hit("pairs of fields", JOIN.join(names))
    for name in EXTENTS:
        if getattr(step, name) >= LARGE:
            made.hit("meetings", f"{step.combine.name}{JOIN}{name} from {LARGE} on")
    if hardware.rows > hardware.cols and step.col_tiles > 1:
        made.hit("meetings", f"{step.combine.name}{JOIN}ROWS > COLS, several column tiles")
    for entry in FIELDS:
        if entry.kind.signed and step.op in entry.readers and getattr(step, entry.name) < 0:
            made.hit("meetings", f"negative {entry.name}")


def _exclude(made: Coverage) -> None:
    """What these builds cannot do, or what takes too long; a bin that is hit all the same counts as hit."""
    for name in ("rows_per_tap", "taps_per_tile"):
        _exclude_from(made, name, ROWS + 1, FEW_ROWS)
        _exclude_from(made, name, MOST_ROWS + 1, ALL_ROWS)
    for axis in "hw":
        _exclude_from(made, f"in_{axis}", EXTENT_MAX + 1, EXTENT)
        _exclude_from(made, f"pad_{axis}", EXTENT_MAX // 2 + 1, EXTENT)
    _exclude_from(made, "words", (1 << WORDS) - 1, LONG)


def _exclude_from(made: Coverage, name: str, least: int, reason: str) -> None:
    """Exclude what only values from `least` on hit; a class that begins below is not one."""
    field, group = _of(name), f"field {name}"
    for each in field.classes:
        if each.low >= least:
            made.exclude(group, each.name, reason)
    for value in _boundaries(field):
        if value >= least:
            made.exclude(group, exactly(value), reason)
    for place in range(field.high.bit_length()):
        if 1 << place >= least and field.low > -(1 << place):
            made.exclude(group, f"bit {place}", reason)
