"""The walk of rtl/pixel_sequencer.v in closed form: from the number of a pixel, in the order of issue, to its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, kw_only=True)
class PixelLayer:
    """The part of a descriptor that the sequencer reads; steps and pads are signed, addresses whatever they are.

    acc_depth: pixels of a block at most, ACC_DEPTH.
    """

    images: int
    out_h: int
    out_w: int
    stride_h: int
    stride_w: int
    pad_h: int
    pad_w: int
    origin: int
    col_step: int
    row_step: int
    image_step: int
    k_tiles: int
    col_tiles: int
    param_base: int
    pair: bool
    keep: bool
    hold: bool
    acc_depth: int

    @cached_property
    def pixels(self) -> int:
        """Of a column tile."""
        return self.images * self.out_h * self.out_w

    @cached_property
    def total(self) -> int:
        """Pixels that are issued, over all tiles."""
        return self.pixels * self.k_tiles * self.col_tiles


@dataclass(frozen=True, kw_only=True)
class PixelPlace:
    """Where a pixel is in the walk. index: in its block of `size` pixels; last: of the layer."""

    layer: PixelLayer
    col_tile: int
    k_tile: int
    block: int
    index: int
    size: int
    image: int
    y: int
    x: int

    @property
    def iy0(self) -> int:
        return self.y * self.layer.stride_h - self.layer.pad_h

    @property
    def ix0(self) -> int:
        return self.x * self.layer.stride_w - self.layer.pad_w

    @property
    def base(self) -> int:
        one = self.layer
        return one.origin + self.image * one.image_step + self.y * one.row_step + self.x * one.col_step

    @property
    def second(self) -> bool:
        return self.layer.pair and self.x % 2 == 1

    @property
    def param(self) -> int:
        return self.layer.param_base + self.col_tile * (2 if self.layer.pair else 1) + self.second

    @property
    def last_k(self) -> bool:
        return self.k_tile == self.layer.k_tiles - 1

    @property
    def last_pixel(self) -> bool:
        """Of its column tile."""
        return self.block * self.layer.acc_depth + self.index == self.layer.pixels - 1

    @property
    def last(self) -> bool:
        return self.last_pixel and self.last_k and self.col_tile == self.layer.col_tiles - 1

    def __str__(self) -> str:
        return (
            f"column tile {self.col_tile}, block {self.block}, K tile {self.k_tile}, "
            f"image {self.image}, y {self.y}, x {self.x}"
        )


def place(layer: PixelLayer, number: int) -> PixelPlace:
    """The place of the pixel that is issued as the number-th, from 0 on."""
    col_tile, rest = divmod(number, layer.k_tiles * layer.pixels)
    block, rest = divmod(rest, layer.k_tiles * layer.acc_depth)
    size = min(layer.acc_depth, layer.pixels - block * layer.acc_depth)
    k_tile, index = divmod(rest, size)
    image, rest = divmod(block * layer.acc_depth + index, layer.out_h * layer.out_w)
    y, x = divmod(rest, layer.out_w)
    return PixelPlace(
        layer=layer,
        col_tile=col_tile,
        block=block,
        k_tile=k_tile,
        index=index,
        size=size,
        image=image,
        y=y,
        x=x,
    )
