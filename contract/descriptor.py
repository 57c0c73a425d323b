"""The step descriptor: what the core is told at run time, one 32-bit word a field."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import IntEnum

from t2c.golden.arithmetic.formats import check_int

WORD_BITS = 32
_COUNT_MAX = (1 << 16) - 1
_TRANSFER_MAX = (1 << 24) - 1
_GEOMETRY_MAX = (1 << 15) - 1
_COUNTS = (
    *("images", "out_h", "out_w", "in_h", "in_w", "stride_h", "stride_w", "taps", "k_w"),
    *("ch_words", "rows_per_tap", "taps_per_tile", "k_tiles", "col_tiles", "blocks"),
)


class Operation(IntEnum):
    """What a step does; the codes of rtl/descriptor.vh."""

    END = 0
    LOAD = 1
    RUN = 2
    STORE = 3
    WEIGHTS = 4
    PARAMS = 5


class Combine(IntEnum):
    """How K tiles (SUM, MAX) or neighbouring pixels (PAIR) join; the codes of rtl/descriptor.vh."""

    SUM = 0
    MAX = 1
    PAIR = 2


TRANSFERS = (Operation.LOAD, Operation.STORE, Operation.WEIGHTS, Operation.PARAMS)


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """One step of a program. The field order is that of rtl/descriptor.vh.

    Every step: op; layer: 0 for the loading of inputs, then nodes from 1, then the storing of outputs.

    Transfers: base: first word in the memory; words: 1 .. 2^24 - 1.

    RUN: counts are 1..65535. Pads are -32768..32767 pixels; a negative one starts below the image's edge. Addresses and
    steps count activation words (of ROWS channels), modulo the power of two above the memory's depth, so they may be
    negative. images, out_h, out_w: output pixels to walk; in_h, in_w: bounds of the input; stride, pad, dil: of the
    window; taps: kernel elements; k_w: kernel width; origin: address of tap (0, 0) of the first output pixel; col_step,
    row_step, image_step: from one output pixel to the next in x, y, image; tap_col_step, tap_row_step: from tap to tap;
    ch_words: channel words that a column tile needs; rows_per_tap: array rows of one tap; taps_per_tile: taps of one K
    tile; k_tiles, col_tiles: tiles along K and N; blocks: pixel blocks; weight_base: first weight row; same_weights:
    all K tiles of a column tile take the same rows; param_base: first parameter word; x_signed, x_zero_point: reading
    of the input; x2_...: of the second operand of a pair; y_zero_point, y_lo, y_hi, rounding: output stage; combine:
    see `Combine`; keep: the accumulators already hold a part of the sums; hold: the sums are not complete at the end;
    out_base, out_step, out_image_step: where the first result goes, and the steps from pixel to pixel and image to
    image; out_pixels: results of an image and column tile.

    Raises:
        RangeError: a field outside its range.
    """

    op: Operation
    layer: int = 0
    base: int = 0
    words: int = 0
    images: int = 0
    out_h: int = 0
    out_w: int = 0
    in_h: int = 0
    in_w: int = 0
    stride_h: int = 1
    stride_w: int = 1
    pad_h: int = 0
    pad_w: int = 0
    taps: int = 1
    k_w: int = 1
    dil_h: int = 1
    dil_w: int = 1
    origin: int = 0
    col_step: int = 0
    row_step: int = 0
    image_step: int = 0
    tap_col_step: int = 0
    tap_row_step: int = 0
    ch_words: int = 1
    rows_per_tap: int = 0
    taps_per_tile: int = 1
    k_tiles: int = 1
    col_tiles: int = 0
    blocks: int = 0
    weight_base: int = 0
    same_weights: int = 0
    param_base: int = 0
    x_signed: int = 0
    x_zero_point: int = 0
    x2_signed: int = 0
    x2_zero_point: int = 0
    y_zero_point: int = 0
    y_lo: int = 0
    y_hi: int = 0
    rounding: int = 0
    combine: Combine = Combine.SUM
    keep: int = 0
    hold: int = 0
    out_base: int = 0
    out_step: int = 0
    out_image_step: int = 0
    out_pixels: int = 0

    def __post_init__(self) -> None:
        check_int("descriptor layer", self.layer, 0, _COUNT_MAX)
        if self.op in TRANSFERS:
            check_int("descriptor base", self.base, 0, _TRANSFER_MAX)
            check_int("descriptor words", self.words, 1, _TRANSFER_MAX)
        if self.op is not Operation.RUN:
            return
        for name in _COUNTS:
            check_int(f"descriptor {name}", getattr(self, name), 1, _COUNT_MAX)
        for name in ("dil_h", "dil_w"):
            check_int(f"descriptor {name}", getattr(self, name), 0, _COUNT_MAX)
        for name in ("pad_h", "pad_w"):
            check_int(f"descriptor {name}", getattr(self, name), -_GEOMETRY_MAX - 1, _GEOMETRY_MAX)
        for extent, pad in ((self.in_h, self.pad_h), (self.in_w, self.pad_w)):
            check_int("descriptor padded extent", extent + 2 * max(pad, 0), 1, _GEOMETRY_MAX)
        check_int("descriptor out_pixels", self.out_pixels, 1, _TRANSFER_MAX)

    @property
    def pixels(self) -> int:
        """Pixels walked for each tile."""
        return self.images * self.out_h * self.out_w

    def encode(self) -> list[int]:
        """The fields as 32-bit words, two's complement, in the order of rtl/descriptor.vh."""
        return [int(value) % (1 << WORD_BITS) for value in astuple(self)]
