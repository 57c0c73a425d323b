"""Steps of rows in which each field takes a value of each class and, on small arrays, each boundary."""

from __future__ import annotations

from collections.abc import Iterator

from t2c.contract.descriptor import FIELDS
from t2c.contract.legal_space import dimension
from t2c.contract.operations import ROW_STEPS, Operation
from t2c.golden.errors import RangeError
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.row_draw import RowDraw
from t2c.tb.random_programs.row_steps import add_rows

TRIES = 12
"""Draws for a value before it is left to another core."""
LONGEST = 1 << 14
"""Cycles of a step."""


def cover_row_fields(builder: Builder, *, full: bool, boundaries: bool) -> None:
    """Add a step for each class of each field that a step of rows reads.

    Args:
        builder: of the program.
        full: all words of its activation memory are known.
        boundaries: of the fields that no other step reads too.
    """
    for operation in ROW_STEPS:
        for entry in FIELDS:
            if operation in entry.readers and not entry.of_every_step:
                for low, high in _ranges(entry.name, boundaries=boundaries and entry.readers <= set(ROW_STEPS)):
                    _cover(builder, full, operation, entry.name, low, high)


def _ranges(name: str, *, boundaries: bool) -> Iterator[tuple[int, int]]:
    field = dimension(f"descriptor.{name}")
    yield from ((each.low, each.high) for each in field.classes)
    if boundaries:
        yield from ((value, value) for value in field.boundaries)


def _cover(builder: Builder, full: bool, operation: Operation, name: str, low: int, high: int) -> bool:
    """Add a step in which a field has a value between these two."""
    for _ in range(TRIES):
        fixed = {"op": operation, name: dimension(f"descriptor.{name}").draw(builder.rng, low, high)}
        if name == "out_pixels":
            if 46 * low > LONGEST:
                return False  # takes too long; as many results of a RUN move the same counter's like
            fixed["row_length"] = int(builder.rng.integers(1, 9))
        budget = LONGEST if name in ("out_pixels", "row_length") else 1 << 10
        try:
            step = RowDraw(builder.rng, builder.hardware, full=full, budget=budget, fixed=fixed).draw()
        except RangeError:
            continue
        if step is not None and add_rows(builder, step):
            return True
    return False
