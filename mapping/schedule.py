"""How many cycles a program takes without stalls, step by step. The core has no stalls inside, so this is exact."""

from __future__ import annotations

from dataclasses import fields

from t2c.contract.descriptor import Descriptor, Operation
from t2c.contract.hardware import Hardware
from t2c.mapping.program import Program

FETCH = len(fields(Descriptor)) + 2
"""Cycles from one step's start to the earliest start of the next, fetching its descriptor; before the first as well."""
TURN = 1
"""Cycles from a step's done to the next step's start."""


def ideal_cycles(descriptor: Descriptor, hardware: Hardware) -> int:
    """Weight-stationary cycle count of one RUN step.

    ROWS for the first load, then max(pixels in block, ROWS) for each tile; the very last tile takes just its pixels,
    since no further load hides behind it.
    """
    blocks = hardware.blocks(descriptor.pixels)
    per_pass = sum(max(block, hardware.rows) for block in blocks)
    spared = max(blocks[-1], hardware.rows) - blocks[-1]
    return hardware.rows + descriptor.col_tiles * descriptor.k_tiles * per_pass - spared


def pixel_cycle(descriptor: Descriptor, hardware: Hardware, tile: int, k_tile: int, pixel: int) -> int:
    """Cycle, counted from the step's start pulse, in which the sequencer issues a pixel.

    Args:
        descriptor, hardware: the RUN step.
        tile, k_tile: column tile, K tile.
        pixel: of the column tile, in 0..descriptor.pixels - 1.
    """
    takes = [max(size, hardware.rows) for size in hardware.blocks(descriptor.pixels)]
    block, index = divmod(pixel, hardware.acc_depth)
    before = descriptor.k_tiles * (tile * sum(takes) + sum(takes[:block])) + k_tile * takes[block]
    return hardware.rows + 1 + before + index


def fill_cycles(hardware: Hardware) -> int:
    """What a RUN step takes beyond `ideal_cycles` from its start to its done: the pipeline, ROWS + COLS + 6."""
    return hardware.rows + hardware.cols + 6


def step_cycles(descriptor: Descriptor, beats: int, hardware: Hardware) -> int:
    """Cycles of one step, from its start to the next one's, without stalls."""
    if descriptor.op is Operation.RUN:
        busy = ideal_cycles(descriptor, hardware) + fill_cycles(hardware)
    elif descriptor.op is Operation.STORE:
        busy = descriptor.words + 3
    else:
        busy = beats + 1
    return max(busy + TURN, FETCH)


def layer_cycles(program: Program) -> dict[int, int]:
    """Cycles by layer number of one run without stalls; layer 0 begins with fetching the first step, END takes one."""
    cycles = {0: FETCH}
    for step in program.steps:
        layer = step.descriptor.layer
        beats = step.transfer.beats if step.transfer else 0
        taken = 1 if step.op is Operation.END else step_cycles(step.descriptor, beats, program.hardware)
        cycles[layer] = cycles.get(layer, 0) + taken
    return cycles


def layer_ideal_cycles(program: Program) -> dict[int, int]:
    """The weight-stationary count by layer number: `ideal_cycles` of its RUN steps."""
    cycles: dict[int, int] = {}
    for step in program.steps:
        if step.op is Operation.RUN:
            layer = step.descriptor.layer
            cycles[layer] = cycles.get(layer, 0) + ideal_cycles(step.descriptor, program.hardware)
    return cycles
