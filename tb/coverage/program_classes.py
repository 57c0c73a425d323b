"""Bins of the steps that programs run: each class, boundary and bit of each field, and pairs of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
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
FEW_BANKS = (
    f"the campaign's arrays have at most {ROWS} rows; operand_mover, which alone reads it, has {MOST_ROWS} on its bench"
)
ALL_ROWS = f"more than the {MOST_ROWS} rows of the largest array"
LONG = "takes longer than the campaign has; proven by stream_loader/words and stream_storer/words"
EXTENT = f"an input with its padding has at most {EXTENT_MAX} rows or columns"


def program_groups() -> dict[str, tuple[str, ...]]:
    """All bins, by group: a group for each field, one of pairs of fields, one of what meets in a step."""
    fields = {f"field {entry.name}": _field_bins(_of(entry.name)) for entry in FIELDS}
    return {
        **fields,
        "pairs of fields": tuple(_pair_bins()),
        "meetings": tuple(_meeting_bins()),
        "moves": tuple(_move_bins()),
    }


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


WAYS = ("tokens become rows", "tokens become columns")
MOVED = (
    "one tile",
    "several K tiles",
    "several column tiles",
    "the last token is not the last of its tile",
    "banks before the first",
    "banks behind the last",
    "several channel words",
    "the next RUN reads its rows",
)
"""What a MOVE may be like."""
NEIGHBOURS = tuple(
    (Operation[first], Operation[second])
    for first, second in (
        *(("LOAD", "MOVE"), ("RUN", "MOVE"), ("STORE", "MOVE"), ("PARAMS", "MOVE")),
        *(("MOVE", "MOVE"), ("MOVE", "RUN"), ("MOVE", "STORE"), ("MOVE", "LOAD")),
    )
)
"""Steps that follow one another."""


def _move_bins() -> Iterator[str]:
    yield from (f"{way}{JOIN}{what}" for way in WAYS for what in MOVED)
    yield from (_behind(first, second) for first, second in NEIGHBOURS)


def _behind(first: Operation, second: Operation) -> str:
    return f"{second.name} right behind {first.name}"


def cover_program(steps: Iterable[Descriptor], hardware: Hardware) -> Coverage:
    """The bins that a program hits once all that it gave has been compared."""
    made, steps = Coverage(program_groups()), list(steps)
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
    _cover_moves(made, steps, hardware)
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


def _cover_moves(made: Coverage, steps: Sequence[Descriptor], hardware: Hardware) -> None:
    for pair in itertools.pairwise(step.op for step in steps):
        if pair in NEIGHBOURS:
            made.hit("moves", _behind(*pair))
    for at, step in enumerate(steps):
        if step.op is Operation.MOVE:
            reader = next((each for each in steps[at:] if each.op is Operation.RUN), None)
            for what in _moved(step, reader, hardware):
                made.hit("moves", f"{WAYS[step.transpose]}{JOIN}{what}")


def _moved(step: Descriptor, reader: Descriptor | None, hardware: Hardware) -> Iterator[str]:
    """What a MOVE is like, with the RUN behind it."""
    tiles = step.k_tiles * step.col_tiles
    each = hardware.cols if step.transpose else hardware.rows
    walked = each * (step.col_tiles if step.transpose else step.k_tiles)
    if reader and step.base <= reader.weight_base < step.base + tiles * hardware.rows:
        yield "the next RUN reads its rows"
    for what, holds in (
        ("one tile", tiles == 1),
        ("several K tiles", step.k_tiles > 1),
        ("several column tiles", step.col_tiles > 1),
        ("the last token is not the last of its tile", walked - each < step.in_w < walked),
        ("banks before the first", step.lane_first > 0),
        ("banks behind the last", step.lane_last < hardware.rows - 1),
        ("several channel words", step.ch_words > 1),
    ):
        if holds:
            yield what


def _exclude(made: Coverage) -> None:
    """What these builds cannot do, or what takes too long; a bin that is hit all the same counts as hit."""
    for name in ("rows_per_tap", "taps_per_tile"):
        _exclude_from(made, name, ROWS + 1, FEW_ROWS)
        _exclude_from(made, name, MOST_ROWS + 1, ALL_ROWS)
    for name in ("lane_first", "lane_last"):
        _exclude_from(made, name, ROWS, FEW_BANKS)
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
