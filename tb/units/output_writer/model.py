"""Where rtl/output_writer.v puts a result word, in closed form: from the number of the word in the order of results."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WriterLayer:
    """The part of a descriptor that the writer reads; steps are signed. groups: column tiles of a memory word."""

    base: int
    step: int
    image_step: int
    pixels: int
    images: int
    groups: int


@dataclass(frozen=True, kw_only=True)
class WriterWord:
    """A result word."""

    layer: WriterLayer
    tile: int
    image: int
    pixel: int

    @property
    def address(self) -> int:
        one = self.layer
        return one.base + self.tile // one.groups + self.image * one.image_step + self.pixel * one.step

    @property
    def group(self) -> int:
        return self.tile % self.layer.groups

    def __str__(self) -> str:
        return f"column tile {self.tile}, image {self.image}, pixel {self.pixel}"


def word(layer: WriterLayer, number: int) -> WriterWord:
    """The number-th result word, from 0 on."""
    rest, pixel = divmod(number, layer.pixels)
    tile, image = divmod(rest, layer.images)
    return WriterWord(layer=layer, tile=tile, image=image, pixel=pixel)
