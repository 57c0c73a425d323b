"""Bins of the steps that programs run: every class and bit of every field, and pairs, from the declared legal space."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from t2c.contract.descriptor import EXTENT_MAX, FIELDS, Descriptor, groups_of
from t2c.contract.hardware import Hardware
from t2c.contract.legal_space import PAIRS, dimension
from t2c.contract.operations import Combine, Operation
from t2c.golden.graph.dimension import Dimension
from t2c.tb.components.bins import JOIN, Coverage
from t2c.tb.random_programs.builds import BUILDS

LARGE = 1024
"""An extent from here on is large."""
EXTENTS = ("images", "out_h", "out_w", "k_tiles", "col_tiles")
ROWS = max(hardware.rows for hardware in BUILDS.values())
WORDS = 19
"""Bits of the longest transfer of the campaign."""
FEW_ROWS = f"the campaign's arrays have at most {ROWS} rows; 256 are legal"
LONG = f"a transfer of 2^{WORDS} words and more takes as many cycles; the campaign has none"

EXTENT = f"an input with its padding has at most {EXTENT_MAX} rows or columns"


def program_groups() -> dict[str, tuple[str, ...]]:
    """All bins, by group: a group for each field, one of pairs of fields, one of what meets in a step."""
    fields = {f"field {entry.name}": _field_bins(_of(entry.name)) for entry in FIELDS}
    return {**fields, "pairs of fields": tuple(_pair_bins()), "meetings": tuple(_meeting_bins())}


@cache
def _of(name: str) -> Dimension:
    return dimension(f"descriptor.{name}")


def _field_bins(field: Dimension) -> tuple[str, ...]:
    return (*(each.name for each in field.classes), *field.bits)


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
            if entry.group not in groups_of(step.op):
                continue
            value, field = int(getattr(step, entry.name)), _of(entry.name)
            for name in (field.class_of(value), *field.bits_of(value)):
                made.hit(f"field {entry.name}", name)
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
        if entry.kind.signed and entry.group in groups_of(step.op) and getattr(step, entry.name) < 0:
            made.hit("meetings", f"negative {entry.name}")


def _exclude(made: Coverage) -> None:
    """What these builds cannot do, or what takes too long; a bin that is hit all the same counts as hit."""
    for name in ("rows_per_tap", "taps_per_tile"):
        for each in _of(name).classes:
            if each.low > 256:
                made.exclude(f"field {name}", each.name, "more than the 256 rows of the largest array")
            elif each.high > ROWS:
                made.exclude(f"field {name}", each.name, FEW_ROWS)
        for place in range(2, 16):
            made.exclude(f"field {name}", f"bit {place}", FEW_ROWS)
    for axis in "hw":
        made.exclude(f"field in_{axis}", "32768..65535", EXTENT)
        made.exclude(f"field in_{axis}", "bit 15", EXTENT)
        made.exclude(f"field pad_{axis}", "16384..32767", EXTENT)
    for each in _of("words").classes:
        if each.low >> (WORDS - 1):
            made.exclude("field words", each.name, LONG)
    for place in range(WORDS, 24):
        made.exclude("field words", f"bit {place}", LONG)
