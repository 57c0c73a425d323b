"""The layer descriptor: what the engine is told at run time, one 32-bit word a field."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from golden.formats import check_int

WORD_BITS = 32
_COUNT_MAX = (1 << 16) - 1
_COUNTS = (
    *("images", "out_h", "out_w", "in_h", "in_w", "stride_h", "stride_w", "taps", "k_w", "dil_h", "dil_w"),
    *("ch_words", "rows_per_tap", "taps_per_tile", "k_tiles", "col_tiles", "blocks", "last_cols"),
)
_GEOMETRY_MAX = (1 << 15) - 1


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """One run of the layer engine. The field order is that of rtl/descriptor.vh.

    Counts are 1..65535, the pads 0..32767 pixels. `origin` and the steps are activation addresses (words of ROWS
    channels); they are taken modulo the memory's size, so origin may be negative.

    images: in this run; out_h, out_w, in_h, in_w: pixels; taps: kernel elements; k_w: kernel width;
    origin: address of tap (0, 0) of the first output pixel; col_step, row_step: from one output pixel to the next in
    x, y; image_step: from image to image; tap_col_step, tap_row_step: from tap to tap in x, y;
    ch_words: channel words a column tile needs; rows_per_tap: array rows of one tap; taps_per_tile: taps of one K tile;
    k_tiles, col_tiles: tiles along K and N; blocks: pixel blocks; weight_base: first weight row;
    param_base: first parameter word; last_cols: real channels in the last column tile;
    x_signed, x_zero_point: reading of the input; y_zero_point, y_lo, y_hi: output stage; rounding: mode code.

    Raises:
        RangeError: a field outside its range.
    """

    images: int
    out_h: int
    out_w: int
    in_h: int
    in_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    taps: int
    k_w: int
    dil_h: int
    dil_w: int
    origin: int
    col_step: int
    row_step: int
    image_step: int
    tap_col_step: int
    tap_row_step: int
    ch_words: int
    rows_per_tap: int
    taps_per_tile: int
    k_tiles: int
    col_tiles: int
    blocks: int
    weight_base: int
    param_base: int
    last_cols: int
    x_signed: int
    x_zero_point: int
    y_zero_point: int
    y_lo: int
    y_hi: int
    rounding: int

    def __post_init__(self) -> None:
        for name in _COUNTS:
            check_int(f"descriptor {name}", getattr(self, name), 1, _COUNT_MAX)
        for name in ("pad_h", "pad_w"):
            check_int(f"descriptor {name}", getattr(self, name), 0, _GEOMETRY_MAX)
        for extent, pad in ((self.in_h, self.pad_h), (self.in_w, self.pad_w)):
            check_int("descriptor padded extent", extent + 2 * pad, 1, _GEOMETRY_MAX)

    def words(self) -> list[int]:
        """The fields as 32-bit words, two's complement, in the order of rtl/descriptor.vh."""
        return [int(value) % (1 << WORD_BITS) for value in astuple(self)]
