"""Adds MOVE steps to a program, with all that they read, and RUNs that read what they have moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.field_kinds import COUNT_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.core_model import ProgramError
from t2c.core_model.errors import Place
from t2c.core_model.move_walk import origins
from t2c.core_model.mover import move
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.tb.random_programs.builder import Builder, ranges
from t2c.tb.random_programs.constants import random_values
from t2c.tb.random_programs.draw import RunDraw
from t2c.tb.random_programs.move_draw import MoveDraw

COUNTED = (1 << COUNT_BITS) - 1
"""Column tiles of a step, at most."""
TRIES = 8
"""Draws of a RUN on moved rows before it is left out."""
BACK, STORED, TWICE = 0.5, 0.3, 0.2
"""Shares of the random MOVEs: whose every row is read back; before a STORE; before another MOVE."""


def add_move(builder: Builder, step: Descriptor) -> bool:
    """Add a MOVE with LOADs of what it reads, where that is unknown or no weight; false if it is not legal here."""
    hardware = builder.hardware
    unfit = _unfit(builder, step)
    if unfit is None:
        return False
    for low, high in unfit:
        shape = (high + 1 - low, hardware.rows)
        values = random_values(builder.rng, shape, *weight_range(hardware, signed=bool(step.x_signed)))
        builder.load(Operation.LOAD, low, values & ((1 << hardware.x_w) - 1))
    try:
        move(builder.memories, step, Place(step=len(builder.steps), operation="MOVE", layer=step.layer))
    except ProgramError:
        return False
    builder.steps.append(step)
    return True


def random_move(builder: Builder, budget: int) -> bool:
    """Add a random MOVE and a RUN on what it has moved: a random one, or one that shows each row; false if none is."""
    rng, hardware = builder.rng, builder.hardware
    while True:
        step = MoveDraw(rng, hardware, full=builder.full, budget=budget, fixed={}).draw()
        if step is None or not add_move(builder, step):
            return False
        if rng.random() >= TWICE:
            break
    if rng.random() < STORED:
        base = int(rng.integers(hardware.act_depth))
        builder.store(base, int(rng.integers(1, min(8, hardware.act_depth - base), endpoint=True)))
    if rng.random() < BACK or not add_reader(builder, step, budget):
        read_back(builder, step)
    return True


def add_reader(builder: Builder, step: Descriptor, budget: int) -> bool:
    """Add a random RUN whose weights are rows of a MOVE, right behind it where it can be; false if chance gave none.

    Args:
        builder: the program.
        step: the MOVE, whose rows nobody has written since.
        budget: cycles of the RUN, or more if its tiles need them.
    """
    tiles = step.k_tiles * step.col_tiles
    shapes = ((step.k_tiles, step.col_tiles), (tiles, 1), (1, tiles))
    for _ in range(TRIES):
        k_tiles, col_tiles = (min(count, COUNTED) for count in shapes[int(builder.rng.integers(3))])
        fixed = {"k_tiles": k_tiles, "col_tiles": col_tiles, "weight_base": step.base, "same_weights": 0}
        most = max(budget, 4 * builder.hardware.rows * k_tiles * col_tiles)
        run = RunDraw(builder.rng, builder.hardware, full=builder.full, budget=most, fixed=fixed).draw()
        at = len(builder.steps) - 1
        with _same_weights(builder):
            if run is None or not builder.run(run):
                continue
        if builder.steps[at] is step and all(
            between.op in (Operation.PARAMS, Operation.TABLES) for between in builder.steps[at + 1 : -1]
        ):
            builder.steps.insert(-1, builder.steps.pop(at))
        return True
    return False


def read_back(builder: Builder, step: Descriptor) -> bool:
    """Add RUNs whose sums are the rows of a MOVE, each by itself; false if the memory has no room for their results.

    ROWS pixels, of which pixel r has 1 in bank r and 0 elsewhere, on one column tile for each tile that was moved.
    """
    hardware, rows = builder.hardware, builder.hardware.rows
    tiles = step.k_tiles * step.col_tiles
    each = min(tiles, COUNTED, hardware.par_depth)
    if rows + rows * -(-each // hardware.groups) > hardware.act_depth:
        return False
    builder.load(Operation.LOAD, 0, np.eye(rows, dtype=np.int64))
    runs = (_shown(step, first, min(each, tiles - first), hardware) for first in range(0, tiles, each))
    with _same_weights(builder):
        return all(builder.run(run) for run in runs)


def _shown(step: Descriptor, first: int, tiles: int, hardware: Hardware) -> Descriptor:
    """The RUN that shows so many tiles of a MOVE from the `first` one on."""
    rows, words, half = hardware.rows, -(-tiles // hardware.groups), 1 << (hardware.x_w - 1)
    return Descriptor(
        op=Operation.RUN, images=1, out_h=1, out_w=rows, in_h=1, in_w=rows, col_step=1, rows_per_tap=rows,
        k_tiles=1, col_tiles=tiles, blocks=-(-rows // hardware.acc_depth), weight_base=step.base + first * rows,
        param_base=0, rounding=0, y_lo=-half, y_hi=half - 1, out_base=rows, out_step=words, out_pixels=rows,
    )  # fmt: skip


def weight_range(hardware: Hardware, *, signed: bool) -> tuple[int, int]:
    """Activations, least and largest, that are weights too."""
    half, top = 1 << (hardware.w_w - 1), 1 << (hardware.x_w - signed)
    return (-min(half, top) if signed else 0), min(half, top) - 1


@contextmanager
def _same_weights(builder: Builder) -> Iterator[None]:
    """No new weights where all are known."""
    renew, builder.renew = builder.renew, 0
    yield
    builder.renew = renew


def _unfit(builder: Builder, step: Descriptor) -> list[tuple[int, int]] | None:
    """Ranges of addresses of unknown words and of values that are no weights; None if they are too many or beyond."""
    hardware, memory = builder.hardware, builder.memories.activations
    origin = origins(step, hardware)
    bank: IntArray = np.broadcast_to(origin.bank, origin.inside.shape)[origin.inside]
    address = origin.address[origin.inside]
    if len(address) and int(address.max()) >= hardware.act_depth:
        return None
    raw = memory.words[address, bank].astype(np.int64)
    values = twos_complement(raw, hardware.x_w) if step.x_signed else raw
    low, high = weight_range(hardware, signed=bool(step.x_signed))
    wrong = ~memory.known[address, bank] | (values < low) | (values > high)
    return ranges(np.unique(address[wrong]))
