"""How many cycles one step takes without stalls. The core has no stalls inside, so this is exact."""

from __future__ import annotations

from t2c.contract import pipeline
from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import step_beats
from t2c.contract.operations import ROW_STEPS, Operation


def tile_cycles(pixels: int, hardware: Hardware) -> int:
    """From a tile's first pixel to the next one's: its pixels, or what the next weights or the accumulators take."""
    return max(pixels, hardware.rows, pipeline.APART)


def ideal_cycles(descriptor: Descriptor, hardware: Hardware) -> int:
    """Weight-stationary cycle count of one RUN step.

    ROWS for the first load, then `tile_cycles` for each tile; the very last tile takes just its pixels, since no
    further load hides behind it.
    """
    blocks = hardware.blocks(descriptor.pixels)
    per_pass = sum(tile_cycles(block, hardware) for block in blocks)
    spared = tile_cycles(blocks[-1], hardware) - blocks[-1]
    return hardware.rows + descriptor.col_tiles * descriptor.k_tiles * per_pass - spared


def pixel_cycle(descriptor: Descriptor, hardware: Hardware, tile: int, k_tile: int, pixel: int) -> int:
    """Cycle, counted from the step's start pulse, in which the sequencer issues a pixel.

    Args:
        descriptor, hardware: the RUN step.
        tile, k_tile: column tile, K tile.
        pixel: of the column tile, in 0..descriptor.pixels - 1.
    """
    takes = [tile_cycles(size, hardware) for size in hardware.blocks(descriptor.pixels)]
    block, index = divmod(pixel, hardware.acc_depth)
    before = descriptor.k_tiles * (tile * sum(takes) + sum(takes[:block])) + k_tile * takes[block]
    return pipeline.FIRST_PIXEL.of(hardware) + before + index


def pixel_number(descriptor: Descriptor, hardware: Hardware, tile: int, k_tile: int, pixel: int) -> int:
    """How many pixels the sequencer issues before this one in a step.

    Args:
        descriptor, hardware: the RUN step.
        tile, k_tile: column tile, K tile.
        pixel: of the column tile, in 0..descriptor.pixels - 1.
    """
    sizes = hardware.blocks(descriptor.pixels)
    block, index = divmod(pixel, hardware.acc_depth)
    before = tile * descriptor.pixels + block * hardware.acc_depth
    return descriptor.k_tiles * before + k_tile * sizes[block] + index


def tile_number(descriptor: Descriptor, hardware: Hardware, tile: int, k_tile: int, pixel: int) -> int:
    """How many weight tiles are loaded in a step before that of a pixel; arguments: `pixel_number`."""
    blocks = len(hardware.blocks(descriptor.pixels))
    return (tile * blocks + pixel // hardware.acc_depth) * descriptor.k_tiles + k_tile


def fill_cycles(hardware: Hardware) -> int:
    """What a RUN step takes beyond `ideal_cycles` from its start to its done: the pipeline."""
    return pipeline.DONE.of(hardware)


def move_cycles(descriptor: Descriptor, hardware: Hardware) -> int:
    """Cycles of a MOVE from its start to its done: one for each weight row, and the latency."""
    latency = pipeline.MOVE + pipeline.TRANSPOSED if descriptor.transpose else pipeline.MOVE
    return descriptor.col_tiles * descriptor.k_tiles * hardware.rows + latency.of(hardware)


def row_cycles(descriptor: Descriptor, hardware: Hardware) -> int:
    """Cycles of a SOFTMAX or LAYER_NORM from its start to its done: the units work on several rows at a time."""
    beats = -(-descriptor.row_length // hardware.row_lanes)
    return pipeline.ROWS[descriptor.op].of(descriptor.out_pixels, beats)


def step_cycles(descriptor: Descriptor, hardware: Hardware) -> int:
    """Cycles of one step, from its start to the next one's, without stalls; END: to the end of the program."""
    if descriptor.op is Operation.END:
        return pipeline.END
    if descriptor.op is Operation.RUN:
        busy = ideal_cycles(descriptor, hardware) + fill_cycles(hardware)
    elif descriptor.op is Operation.MOVE:
        busy = move_cycles(descriptor, hardware)
    elif descriptor.op in ROW_STEPS:
        busy = row_cycles(descriptor, hardware)
    else:
        more = pipeline.STORE if descriptor.op is Operation.STORE else pipeline.LOAD
        busy = step_beats(descriptor, hardware) + more
    return max(busy + pipeline.TURN, pipeline.FETCH)
