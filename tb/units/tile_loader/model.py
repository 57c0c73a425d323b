"""The tiles of rtl/tile_loader.v in closed form: from the number of a tile, in the order of loading, to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, kw_only=True)
class TileLayer:
    """The part of a descriptor that the loader reads; steps are signed. rows: of the array, ROWS.

    Raises:
        ValueError: taps that do not fit into a tile, or several of them that share more than one channel word.
    """

    taps: int
    k_w: int
    dil_h: int
    dil_w: int
    tap_row_step: int
    tap_col_step: int
    ch_words: int
    rows_per_tap: int
    taps_per_tile: int
    k_tiles: int
    col_tiles: int
    blocks: int
    weight_base: int
    same: bool
    rows: int

    def __post_init__(self) -> None:
        if self.rows_per_tap * self.taps_per_tile > self.rows or (self.taps_per_tile > 1 and self.ch_words > 1):
            raise ValueError(f"no layer is like that: {self}")

    @cached_property
    def tiles(self) -> int:
        """That are loaded."""
        return self.col_tiles * self.blocks * self.k_tiles


@dataclass(frozen=True, kw_only=True)
class TileRow:
    """A row of a tile. slot: which of its tile's taps it belongs to; word: channel word."""

    layer: TileLayer
    col_tile: int
    block: int
    k_tile: int
    row: int
    slot: int
    word: int

    @property
    def tap(self) -> int:
        return self.k_tile // self.layer.ch_words * self.layer.taps_per_tile + self.slot

    @property
    def valid(self) -> bool:
        """It stands for a tap of the window."""
        return self.slot < self.layer.taps_per_tile and self.tap < self.layer.taps

    @property
    def ky(self) -> int:
        return self.tap // self.layer.k_w

    @property
    def kx(self) -> int:
        return self.tap % self.layer.k_w

    @property
    def dy(self) -> int:
        return self.ky * self.layer.dil_h

    @property
    def dx(self) -> int:
        return self.kx * self.layer.dil_w

    @property
    def offset(self) -> int:
        return self.ky * self.layer.tap_row_step + self.kx * self.layer.tap_col_step + self.word

    @property
    def weight(self) -> int:
        tile = self.col_tile if self.layer.same else self.col_tile * self.layer.k_tiles + self.k_tile
        return self.layer.weight_base + tile * self.layer.rows + self.row

    def __str__(self) -> str:
        return f"column tile {self.col_tile}, block {self.block}, K tile {self.k_tile}, row {self.row}"


def row(layer: TileLayer, number: int) -> TileRow:
    """The row that is loaded as the number-th, from 0 on."""
    tile, index = divmod(number, layer.rows)
    rest, k_tile = divmod(tile, layer.k_tiles)
    col_tile, block = divmod(rest, layer.blocks)
    return TileRow(
        layer=layer,
        col_tile=col_tile,
        block=block,
        k_tile=k_tile,
        row=index,
        slot=index // layer.rows_per_tap,
        word=k_tile % layer.ch_words,
    )
