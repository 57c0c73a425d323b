"""The legal space, all of it: packages, step descriptors, parameters of the core, registers, and the core's counters.

Random layers and networks, edge packages, golden's tests, the oracle and the bins of coverage draw from it. Each range
is read from where it is declared: the kinds of nodes, `Descriptor`, `Hardware`, the register map.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from t2c.contract.descriptor import EXTENT_MAX, FIELDS
from t2c.contract.field_kinds import ADDRESS_BITS, COUNT_BITS
from t2c.contract.hardware import PARAMETERS
from t2c.contract.registers import BITS
from t2c.golden.graph.dimension import Dimension
from t2c.golden.graph.node_space import node_dimensions

DRIVES: dict[str, tuple[str, ...]] = {
    "op": ("program_sequencer.issue_q",),
    "layer": ("core_registers.layer_q",),
    "base": ("stream_loader.next_q", "stream_storer.addr_q", "operand_mover.row_addr_q"),
    "words": ("stream_loader.left_q", "stream_storer.left_q"),
    "images": ("pixel_sequencer.image_q", "output_writer.image_q"),
    "out_h": ("pixel_sequencer.oy_q",),
    "out_w": ("pixel_sequencer.ox_q",),
    "in_h": ("window_row.in_image1_q",),
    "in_w": ("window_row.in_image1_q", "operand_mover.left_q"),
    "stride_h": ("pixel_sequencer.iy0_q",),
    "stride_w": ("pixel_sequencer.ix0_q",),
    "pad_h": ("pixel_sequencer.iy0_q",),
    "pad_w": ("pixel_sequencer.ix0_q",),
    "taps": ("tile_loader.tap_q",),
    "k_w": ("tile_loader.kx_q",),
    "dil_h": ("tile_loader.dy_q",),
    "dil_w": ("tile_loader.dx_q",),
    "origin": ("pixel_sequencer.addr_q", "operand_mover.addr_q", "row_feeder.addr_q"),
    "col_step": ("pixel_sequencer.addr_q", "operand_mover.addr_q"),
    "row_step": ("pixel_sequencer.row_addr_q", "row_feeder.row_addr_q"),
    "image_step": ("pixel_sequencer.image_addr_q",),
    "tap_col_step": ("tile_loader.tap_offset_q",),
    "tap_row_step": ("tile_loader.tap_row_q",),
    "ch_words": ("tile_loader.word_q", "operand_mover.word_q"),
    "rows_per_tap": ("tile_loader.channel_q",),
    "taps_per_tile": ("tile_loader.tap_in_tile_q",),
    "k_tiles": ("pixel_sequencer.k_tile_q", "tile_loader.k_tile_q", "operand_mover.k_tile_q"),
    "col_tiles": ("pixel_sequencer.col_tile_q", "tile_loader.col_tile_q", "operand_mover.col_tile_q"),
    "blocks": ("tile_loader.block_q",),
    "weight_base": ("tile_loader.addr_q",),
    "same_weights": ("tile_loader.addr_q",),
    "param_base": ("pixel_sequencer.param_q", "row_engine.word_q"),
    "x_signed": ("window_row.operand_o", "operand_mover.wdata_o"),
    "x_zero_point": ("window_row.operand_o",),
    "x2_signed": ("window_row.operand_o",),
    "x2_zero_point": ("window_row.operand_o",),
    "y_zero_point": ("mulquant.q_q",),
    "y_lo": ("mulquant.q_q",),
    "y_hi": ("mulquant.q_q",),
    "rounding": ("mulquant.moved_q",),
    "combine": ("accumulator.sum_o", "mulquant.partial_q"),
    "keep": ("accumulator.sum_o",),
    "hold": ("mulquant.valid1_q",),
    "out_base": ("output_writer.addr_q", "row_writer.addr_q"),
    "out_step": ("output_writer.addr_q", "row_writer.row_addr_q"),
    "out_image_step": ("output_writer.image_addr_q",),
    "out_pixels": ("output_writer.pixel_q", "row_feeder.row_q", "row_writer.row_q"),
    "table": ("ram.rdata_o",),
    "table_page": ("ram.rdata_o",),
    "transpose": ("operand_mover.wdata_o",),
    "lane_first": ("operand_mover.keep_q",),
    "lane_last": ("operand_mover.keep_q",),
    "row_length": ("row_feeder.beat_q",),
    "reciprocal_bits": ("softmax_lane.scaled_q",),
    "result_bits": ("softmax_lane.y_q",),
    "epsilon_low": ("row_constants.v_q",),
    "epsilon_high": ("row_constants.v_q",),
}
"""Registers of the RTL that each field of a step sets, bounds or moves."""
COUNTERS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "pixel_of_block": (COUNT_BITS, ("pixel_sequencer.index_q",), "accumulator address"),
    "activation_address": (ADDRESS_BITS, ("pixel_sequencer.addr_q", "window_row.addr_q"), "of an operand"),
    "result_address": (ADDRESS_BITS, ("output_writer.addr_q", "row_writer.addr_q"), "of a result"),
    "weight_address": (ADDRESS_BITS, ("tile_loader.addr_q",), "of a weight row"),
    "parameter_address": (ADDRESS_BITS, ("pixel_sequencer.param_q",), "of a parameter word"),
    "program_address": (ADDRESS_BITS, ("program_sequencer.addr_q",), "of a word of the program"),
    "result_group": (8, ("output_writer.group_q", "row_writer.group_q"), "column tile in a word of results"),
    "beat_of_word": (8, ("row_feeder.slice_q",), "beat of a row in an activation word"),
    "beat_of_group": (8, ("row_writer.part_q", "row_engine.part_q"), "beat of a row in a group or a parameter word"),
    "array_row": (8, ("tile_loader.row_q",), "row of the array whose weights are loaded"),
    "parameter_beat": (6, ("stream_loader.beat_q",), "beat of a parameter word"),
    "cycle": (64, ("core_registers.count_q",), "cycles of a program"),
}
"""What counts without a field of its own: bits at the largest hardware, registers, and what it is."""

PAIRS: tuple[tuple[str, str], ...] = (
    ("descriptor.combine", "descriptor.rounding"),
    ("descriptor.combine", "descriptor.same_weights"),
    ("descriptor.keep", "descriptor.hold"),
    ("descriptor.x_signed", "descriptor.x2_signed"),
    ("conv2d.mulquant.shift", "conv2d.mulquant.rounding"),
)
"""Dimensions that meet in one place of the RTL: every pair of their classes is worth a bin."""


@cache
def dimensions() -> tuple[Dimension, ...]:
    """Every dimension, by room: packages, maps on the core, descriptor, hardware, registers, counters.

    Keys are unique: `conv2d.stride.vertical`, `map.height`, `descriptor.stride_h`, `hardware.ROWS`,
    `register.CYCLES_LO.COUNT`, `counter.weight_address`.
    """
    return (*node_dimensions(), *_maps(), *_descriptor(), *_hardware(), *_registers(), *_counters())


def dimension(key: str) -> Dimension:
    """The dimension of that key.

    Raises:
        KeyError: there is none.
    """
    return _by_key()[key]


@cache
def _by_key() -> dict[str, Dimension]:
    return {each.key: each for each in dimensions()}


def _maps() -> Iterator[Dimension]:
    for name, drives in (("height", DRIVES["in_h"]), ("width", DRIVES["in_w"])):
        yield Dimension(
            owner="map", name=name, low=1, high=EXTENT_MAX, drives=drives, meaning="of an input on the core, padded"
        )


def _descriptor() -> Iterator[Dimension]:
    for entry in FIELDS:
        yield Dimension(
            owner="descriptor",
            name=entry.name,
            low=entry.kind.low,
            high=entry.kind.high,
            drives=DRIVES[entry.name],
            meaning=entry.meaning,
        )


def _hardware() -> Iterator[Dimension]:
    for entry in PARAMETERS:
        meaning = f"{entry.meaning}; {entry.also}" if entry.also else entry.meaning
        yield Dimension(owner="hardware", name=entry.name, low=entry.low, high=entry.high, meaning=meaning)


def _registers() -> Iterator[Dimension]:
    for bits in BITS:
        yield Dimension(
            owner="register",
            name=f"{bits.register.name}.{bits.name}",
            low=0,
            high=bits.mask >> bits.low,
            meaning=bits.meaning,
        )


def _counters() -> Iterator[Dimension]:
    for name, (bits, drives, meaning) in COUNTERS.items():
        yield Dimension(owner="counter", name=name, low=0, high=(1 << bits) - 1, drives=drives, meaning=meaning)
