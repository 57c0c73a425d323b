"""A program in which each field of a step takes a value of each class and, on two of the cores, each boundary."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from t2c.contract.descriptor import FIELDS
from t2c.contract.hardware import Hardware
from t2c.contract.legal_space import dimension
from t2c.contract.operations import Combine, Operation
from t2c.golden.errors import RangeError
from t2c.tb.random_programs.builder import Builder
from t2c.tb.random_programs.core_program import CoreProgram
from t2c.tb.random_programs.draw import EXTENTS, RunDraw
from t2c.tb.random_programs.move_fields import cover_moves
from t2c.tb.random_programs.row_fields import cover_row_fields

TRIES = 12
"""Draws for a class before it is left to another core: it may be one that this hardware does not have."""
LONGEST, FARTHEST = 1 << 18, 1 << 20
"""Cycles of a step, and of one at a boundary."""
FEW_ROWS = 2
"""Cores with so few rows are fast enough for every boundary."""
WORDS_MAX = 1 << 17
"""Words of a transfer here; longer ones are directed programs."""


def field_program(name: str, hardware: Hardware, rng: np.random.Generator) -> CoreProgram:
    """One step for each class of each field, where this hardware has it; with two rows, for each boundary too.

    Args:
        name: of the program.
        hardware: of the core.
        rng: where chance comes from.
    """
    builder = Builder(hardware, rng)
    full = hardware.act_depth <= 1 << 12
    if full:
        builder.fill()
    for field_name, low, high in classes_of_fields():
        _cover(builder, full, field_name, low, high)
    for base, count in _transfers(hardware, rng):
        builder.load_random(Operation.LOAD, base, count)
        builder.store(base, count)
    for operation in (Operation.WEIGHTS, Operation.PARAMS, Operation.TABLES):
        depth = len(builder.memories.of(operation).words)
        for place in range((depth - 1).bit_length()):
            builder.load_random(operation, 1 << place, min(2, depth - (1 << place)))
    if hardware.rows == FEW_ROWS:
        _boundaries(builder, full)
    cover_moves(builder)
    if hardware.row_lanes:
        cover_row_fields(builder, full=full, boundaries=hardware.rows == FEW_ROWS)
    builder.store_known(32)
    return builder.program(name)


def classes_of_fields() -> Iterator[tuple[str, int, int]]:
    """(field, lowest, highest) of each class of each field that a RUN reads."""
    for entry in FIELDS:
        if Operation.RUN in entry.readers and not entry.of_every_step:
            for each in dimension(f"descriptor.{entry.name}").classes:
                yield entry.name, each.low, each.high


def _boundaries(builder: Builder, full: bool) -> None:
    """Add a step for each boundary of a field that no step has yet."""
    for entry in FIELDS:
        if Operation.RUN in entry.readers and not entry.of_every_step:
            there = {getattr(step, entry.name) for step in builder.steps if step.op is Operation.RUN}
            for value in dimension(f"descriptor.{entry.name}").boundaries:
                if value not in there:
                    _cover(builder, full, entry.name, value, value, FARTHEST)


def _cover(builder: Builder, full: bool, name: str, low: int, high: int, longest: int = LONGEST) -> bool:
    """Add a step in which a field has a value between these two."""
    rng, hardware = builder.rng, builder.hardware
    whole = dimension(f"descriptor.{name}")
    for _ in range(TRIES):
        value = whole.draw(rng, low, high)
        fixed = {name: value}
        budget = 1 << 10
        if name == "blocks":
            # On a core with larger blocks they would take too long.
            if hardware.acc_depth > 2 and value * hardware.acc_depth > 1 << 13:
                return False
            fixed = {"images": 1, "out_h": value, "out_w": hardware.acc_depth, "k_tiles": 1, "col_tiles": 1}
            if hardware.acc_depth > 65535:
                return False
        elif name == "out_pixels":
            fixed["hold"] = 1
        elif name == "y_lo":
            fixed["y_hi"] = (1 << hardware.x_w) - 1
        elif name == "table_page":
            fixed["table"] = 1
        elif name == "y_hi":
            fixed["y_lo"] = -(1 << hardware.x_w)
        if name in (*EXTENTS, "blocks"):
            # The longest ones are for one core, whose rows and addresses are enough for them.
            budget = max(budget, 2 * max(value, hardware.acc_depth * value if name == "blocks" else 0) * hardware.rows)
            if budget > longest or (value > 4096 and hardware.rows > 2):
                return False
        if name == "combine":
            fixed[name] = Combine(value)
        try:
            step = RunDraw(rng, hardware, full=full, budget=budget, fixed=fixed).draw()
        except RangeError:
            continue
        if step is not None and builder.run(step):
            return True
    return False


def _transfers(hardware: Hardware, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """(base, words) of transfers: each bit of both, and across each power of two."""
    depth = hardware.act_depth
    for place in range((depth - 1).bit_length()):
        base = 1 << place
        yield base, int(rng.integers(1, min(8, depth - base) + 1))
        yield base - 1, min(3, depth - base + 1)
    for place in range(min(depth.bit_length(), WORDS_MAX.bit_length())):
        count = min((1 << place) + int(rng.integers(1 << place)), depth)
        yield int(rng.integers(depth - count + 1)), count
    yield depth - 1, 1
