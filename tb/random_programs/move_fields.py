"""MOVE steps in which each field takes a value of each class, every one read back."""

from __future__ import annotations

from t2c.contract.descriptor import FIELDS
from t2c.contract.legal_space import dimension
from t2c.contract.operations import Operation
from t2c.golden.errors import RangeError
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.move_draw import MoveDraw
from t2c.tb.random_programs.move_steps import add_move, read_back

TRIES = 12
"""Draws for a class before it is left to another core: it may be one that this hardware does not have."""
SHORT, LONGEST = 1 << 6, 1 << 18
"""Weight rows of a step that is chosen freely, and of the longest one."""


def cover_moves(builder: Builder) -> None:
    """Add a MOVE for each class of each field that it reads, and for each boundary of a field of its own."""
    for entry in FIELDS:
        if Operation.MOVE not in entry.readers or entry.of_every_step:
            continue
        space = dimension(f"descriptor.{entry.name}")
        for each in space.classes:
            _cover(builder, entry.name, each.low, each.high)
        for value in space.boundaries if len(entry.readers) == 1 else ():
            _cover(builder, entry.name, value, value)


def _cover(builder: Builder, name: str, low: int, high: int) -> bool:
    """Add a step in which a field has a value between these two; false if no draw gave one."""
    rng, hardware = builder.rng, builder.hardware
    for _ in range(TRIES):
        value = dimension(f"descriptor.{name}").draw(rng, low, high)
        fixed, tiles = {name: value}, 0
        if name in ("k_tiles", "col_tiles"):
            tiles = value
        elif name == "in_w":
            columns = int(rng.integers(2))
            tiles = -(-value // (hardware.cols if columns else hardware.rows))
            fixed |= {"transpose": columns, "col_tiles" if columns else "k_tiles": tiles}
        elif name == "ch_words":
            fixed["transpose"] = int(rng.integers(2))
            tiles = value if fixed["transpose"] else 0
        rows = max(SHORT, tiles * hardware.rows)
        if rows > LONGEST:
            return False
        try:
            step = MoveDraw(rng, hardware, full=builder.full, budget=rows, fixed=fixed).draw()
        except RangeError:
            continue
        if step is not None and add_move(builder, step):
            read_back(builder, step)
            return True
    return False
