"""Pure address arithmetic of a RUN step: what each array row reads for a pixel, and where each result goes.

The only place that has it; the model, the expectation of a simulation and the localisation of faults ask here. It is
written after rtl/pixel_sequencer.v, tile_loader.v, window_row.v and output_writer.v.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.descriptor import Descriptor
from t2c.contract.field_kinds import COUNT_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine
from t2c.golden.arithmetic.formats import IntArray, twos_complement

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """Output pixels as the sequencer issues them, each field (pixels,).

    image, oy, ox: where it stands in the walk; iy0, ix0: input position of tap (0, 0), 16 bits signed; base: address of
    tap (0, 0), not yet modulo the memory's size; second: the second operand of a pair.
    """

    image: IntArray
    oy: IntArray
    ox: IntArray
    iy0: IntArray
    ix0: IntArray
    base: IntArray
    second: Flags


def pixels_of(descriptor: Descriptor, index: npt.ArrayLike) -> Pixels:
    """The pixels of these numbers in 0 .. descriptor.pixels - 1: image slowest, then y, then x."""
    d = descriptor
    image, rest = np.divmod(np.atleast_1d(np.asarray(index, dtype=np.int64)), d.out_h * d.out_w)
    oy, ox = np.divmod(rest, d.out_w)
    return Pixels(
        image=image,
        oy=oy,
        ox=ox,
        iy0=twos_complement(oy * d.stride_h - d.pad_h, COUNT_BITS),
        ix0=twos_complement(ox * d.stride_w - d.pad_w, COUNT_BITS),
        base=d.origin + image * d.image_step + oy * d.row_step + ox * d.col_step,
        second=(ox % 2 == 1) & (d.combine is Combine.PAIR),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RowTaps:
    """What each array row stands for in each K tile, every field (K tiles, ROWS).

    tap: number of the window tap, x fastest, -1 on an idle row; ky, kx: its place in the kernel; word: channel word;
    dy, dx: its distance from tap (0, 0) in input pixels; offset: in addresses, channel word included.
    """

    tap: IntArray
    ky: IntArray
    kx: IntArray
    word: IntArray
    dy: IntArray
    dx: IntArray
    offset: IntArray


def row_taps(descriptor: Descriptor, hardware: Hardware, k_tile: npt.ArrayLike) -> RowTaps:
    """What the array's rows stand for in these K tiles, 0 .. descriptor.k_tiles - 1."""
    d, row = descriptor, np.arange(hardware.rows)
    group, word = np.divmod(np.atleast_1d(np.asarray(k_tile, dtype=np.int64)), d.ch_words)
    slot = row // d.rows_per_tap
    tap = group[:, np.newaxis] * d.taps_per_tile + slot
    idle = (slot >= d.taps_per_tile) | (tap >= d.taps)
    ky, kx = np.divmod(np.where(idle, 0, tap), d.k_w)
    words = np.broadcast_to(word[:, np.newaxis], tap.shape)
    return RowTaps(
        tap=np.where(idle, -1, tap),
        ky=ky,
        kx=kx,
        word=words,
        dy=ky * d.dil_h,
        dx=kx * d.dil_w,
        offset=ky * d.tap_row_step + kx * d.tap_col_step + words,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class Reads:
    """What the rows read, each (pixels, K tiles, ROWS): row r reads `address` of bank r, where that is `inside` the
    image; elsewhere the operand is that of the padding, and the address means nothing."""

    address: IntArray
    inside: Flags


def reads_of(descriptor: Descriptor, hardware: Hardware, pixels: Pixels, taps: RowTaps) -> Reads:
    """Address and bank that each row of the array reads for each pixel and K tile."""
    d = descriptor
    # As window_row compares: a negative coordinate is a large unsigned one.
    mask = (1 << COUNT_BITS) - 1
    iy = (pixels.iy0[:, np.newaxis, np.newaxis] + taps.dy) & mask
    ix = (pixels.ix0[:, np.newaxis, np.newaxis] + taps.dx) & mask
    address = (pixels.base[:, np.newaxis, np.newaxis] + taps.offset) & ((1 << hardware.act_addr_w) - 1)
    return Reads(address=address, inside=(taps.tap >= 0) & (iy < d.in_h) & (ix < d.in_w))


def padding_operand(descriptor: Descriptor, hardware: Hardware) -> int:
    """Operand outside the image and on idle rows: 0, or below every activation where the largest is kept."""
    return -(1 << hardware.x_w) if descriptor.combine is Combine.MAX else 0


def weight_row(descriptor: Descriptor, hardware: Hardware, tile: npt.ArrayLike, k_tile: npt.ArrayLike) -> IntArray:
    """First weight row of a tile of the array; those of all tiles follow one another.

    Args:
        descriptor, hardware: the RUN step.
        tile, k_tile: column tile, K tile; they broadcast.
    """
    tiles, k_tiles = np.asarray(tile, dtype=np.int64), np.asarray(k_tile, dtype=np.int64)
    number = tiles + 0 * k_tiles if descriptor.same_weights else tiles * descriptor.k_tiles + k_tiles
    return np.asarray(descriptor.weight_base + number * hardware.tile_words)


def parameter_word(descriptor: Descriptor, tile: npt.ArrayLike, *, second: bool = False) -> IntArray:
    """Address of a column tile's parameter word; a pair has two of them."""
    step = 2 if descriptor.combine is Combine.PAIR else 1
    return np.asarray(descriptor.param_base + np.asarray(tile, dtype=np.int64) * step + int(second))


def result_places(descriptor: Descriptor, hardware: Hardware) -> tuple[IntArray, IntArray]:
    """(address, group) of each result word of a RUN step, each (results,), in order.

    Words come column tile slowest, then image, then pixel. Addresses are not yet taken modulo the memory's size; group
    g is the banks g * COLS .. g * COLS + COLS - 1.
    """
    d = descriptor
    tile = np.arange(d.col_tiles)[:, np.newaxis, np.newaxis]
    image = np.arange(d.images)[:, np.newaxis]
    address = d.out_base + tile // hardware.groups + image * d.out_image_step + np.arange(d.out_pixels) * d.out_step
    return address.reshape(-1), np.repeat(tile.reshape(-1) % hardware.groups, d.images * d.out_pixels)


def result_pixels(descriptor: Descriptor, word: int) -> tuple[int, tuple[int, ...]]:
    """Where a result word comes from: its column tile, and its pixel, or both pixels of a pair."""
    tile, pixel = divmod(word, descriptor.images * descriptor.out_pixels)
    return tile, (2 * pixel, 2 * pixel + 1) if descriptor.combine is Combine.PAIR else (pixel,)
