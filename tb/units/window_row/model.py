"""A row of the window former as the header of rtl/window_row.v tells it, in whole numbers that never wrap."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class RowLayer:
    """What holds for a whole layer: size of the image, and the readings of the first and the second operand."""

    in_h: int
    in_w: int
    signed: tuple[bool, bool]
    zero_point: tuple[int, int]
    maximum: bool


@dataclass(frozen=True, kw_only=True)
class RowTap:
    """What the row stands for in a K tile. valid: it stands for anything at all."""

    valid: bool
    dy: int
    dx: int
    offset: int


@dataclass(frozen=True, kw_only=True)
class RowPixel:
    """An output pixel. iy0, ix0: input position of tap (0, 0), base: its address."""

    iy0: int
    ix0: int
    base: int
    second: bool


@dataclass(frozen=True, kw_only=True)
class RowOperand:
    """A pixel that is inside the row: the position that the tap reads, and whether that is in the image."""

    pixel: RowPixel
    iy: int
    ix: int
    address: int
    inside: bool


class WindowRow:
    """Which tap is in use, and which operands are under way."""

    def __init__(self) -> None:
        self.waiting: RowTap | None = None
        self.in_use: RowTap | None = None
        self.stages: list[RowOperand | None] = [None, None, None]

    def operand(self, layer: RowLayer, pixel: RowPixel) -> RowOperand:
        """What becomes of a pixel that comes now."""
        tap = self.in_use
        assert tap is not None, "the bench sends a pixel before any configuration is in use"
        iy, ix = pixel.iy0 + tap.dy, pixel.ix0 + tap.dx
        inside = tap.valid and 0 <= iy < layer.in_h and 0 <= ix < layer.in_w
        return RowOperand(pixel=pixel, iy=iy, ix=ix, address=pixel.base + tap.offset, inside=inside)

    def clock(
        self, layer: RowLayer, pixel: RowPixel | None, tap: RowTap | None, *, first: bool, reset: bool
    ) -> RowOperand | None:
        """One cycle with a pixel and the configuration of the next K tile, if there are any; first: that one begins."""
        new = self.operand(layer, pixel) if pixel else None
        if first:
            self.in_use = self.waiting
        if tap:
            self.waiting = tap
        self.stages = [new, *self.stages[:2]]
        if reset:
            self.stages = [one and replace(one, inside=False) for one in self.stages[:2]] + [self.stages[2]]
        return new


def value(layer: RowLayer, operand: RowOperand | None, word: int, x_w: int) -> int:
    """The operand of a pixel whose bank answered with `word`, X_W bits; without a pixel that of one outside."""
    if operand is None or not operand.inside:
        return -(1 << x_w) if layer.maximum else 0
    second = operand.pixel.second
    x = word - (1 << x_w) if layer.signed[second] and word >> (x_w - 1) else word
    return x - layer.zero_point[second]
