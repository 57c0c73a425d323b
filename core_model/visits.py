"""What goes into one result: every pixel of every K tile, with what each signal on its way stands for."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.schedule import pixel_number, tile_number
from t2c.core_model import walk


@dataclass(frozen=True, kw_only=True, eq=False)
class RowRead:
    """What one array row reads. tap: -1 on an idle row; ky, kx: of the tap; word: channel word; address: of the row's
    bank, or None outside the image and on an idle row; unwrapped: the same before the modulo of the memory's size."""

    tap: int
    ky: int
    kx: int
    word: int
    address: int | None
    unwrapped: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Visit:
    """One pixel of one K tile of one column tile on its way through the engine.

    number: of the pixel among all that the step issues; load: of its tile among all that the step loads; pixel: in the
    column tile; image, oy, ox, iy0, ix0, base, second: as `walk.Pixels`; rows:
    what each array row reads; weight_row: address of the tile's first weight row; parameter_word: address of its
    constants.
    """

    tile: int
    k_tile: int
    number: int
    load: int
    pixel: int
    image: int
    oy: int
    ox: int
    iy0: int
    ix0: int
    base: int
    second: bool
    rows: tuple[RowRead, ...]
    weight_row: int
    parameter_word: int


def visits_of(descriptor: Descriptor, hardware: Hardware, word: int) -> list[Visit]:
    """Every visit that goes into one result word of a RUN step, in the order of time.

    Args:
        descriptor, hardware: the step; with HOLD, the result word that a later step makes of the sums.
        word: number of the result word in the step.
    """
    tile, pixels = walk.result_pixels(descriptor, word)
    k_tiles = range(descriptor.k_tiles)
    return [visit_of(descriptor, hardware, tile, k_tile, pixel) for k_tile in k_tiles for pixel in pixels]


def visit_of(descriptor: Descriptor, hardware: Hardware, tile: int, k_tile: int, index: int) -> Visit:
    """The visit of one pixel, 0 .. descriptor.pixels - 1, of one K tile of one column tile."""
    pixel = walk.pixels_of(descriptor, index)
    taps = walk.row_taps(descriptor, hardware, k_tile)
    reads = walk.reads_of(descriptor, hardware, pixel, taps)
    of_rows = (taps.tap, taps.ky, taps.kx, taps.word, taps.offset, reads.address[0], reads.inside[0])
    reading = zip(*(values[0].tolist() for values in of_rows), strict=True)
    second, base = bool(pixel.second[0]), int(pixel.base[0])
    return Visit(
        tile=tile,
        k_tile=k_tile,
        number=pixel_number(descriptor, hardware, tile, k_tile, index),
        load=tile_number(descriptor, hardware, tile, k_tile, index),
        pixel=index,
        image=int(pixel.image[0]),
        oy=int(pixel.oy[0]),
        ox=int(pixel.ox[0]),
        iy0=int(pixel.iy0[0]),
        ix0=int(pixel.ix0[0]),
        base=base,
        second=second,
        rows=tuple(
            RowRead(tap=tap, ky=ky, kx=kx, word=word, address=address if inside else None, unwrapped=base + offset)
            for tap, ky, kx, word, offset, address, inside in reading
        ),
        weight_row=int(walk.weight_row(descriptor, hardware, tile, k_tile)),
        parameter_word=int(walk.parameter_word(descriptor, tile, second=second)),
    )
