"""What one layer is to the row engine: rows of the activation memory, one a pixel, that become rows of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.field_kinds import ROW_LENGTH
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True, eq=False)
class RowEnginePlan(LayerPlan):
    """One layer on the row engine. sources, target: maps whose pixels are the rows and whose channels their elements.

    operation: of its steps.
    """

    operation: ClassVar[Operation]
    lanes: ClassVar[str] = "lane"

    @property
    def runs(self) -> tuple[ColumnRun, ...]:
        return (ColumnRun(first_tile=0, tiles=len(self.params), first_word=0, words=self.sources[0].words),)

    @abstractmethod
    def own_fields(self, part: Part) -> dict[str, Any]:
        """Descriptor fields of the operation alone."""

    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        return tuple(
            Descriptor(
                op=self.operation,
                layer=part.layer,
                origin=origin,
                row_step=self.sources[0].pixel_words,
                out_base=target,
                out_step=self.target.pixel_words,
                out_pixels=rows,
                row_length=self.sources[0].channels,
                x_signed=int(self.edges[0].signed),
                **self.own_fields(part),
            )
            for origin, target, rows in self._walks(part)
        )

    def _walks(self, part: Part) -> Iterator[tuple[int, int, int]]:
        """First word of the source, first word of the target, rows: as few walks in even steps as there can be."""
        layouts, height, images = (self.sources[0], self.target), part.last - part.first, part.batch
        rows = self.target.width
        if all(layout.rows_follow for layout in layouts):
            rows, height = rows * height, 1
            if all(layout.size == rows * layout.pixel_words for layout in layouts):
                rows, images = rows * images, 1
        for image in range(images):
            for y in range(part.first, part.first + height):
                origin, target = (
                    base + image * layout.size + y * layout.row_words
                    for base, layout in zip((part.sources[0], part.target), layouts, strict=True)
                )
                yield origin, target, rows


def check_rows(node: Node, hardware: Hardware, source: Layout) -> None:
    """Refuse what no step of the row engine takes.

    Args:
        node, hardware: what runs, and where.
        source: the map whose pixels are the rows.

    Raises:
        UnsupportedError: with the layer's name and why.
        ShapeError: it is no map.
    """
    most = ROW_LENGTH.high
    if not hardware.row_lanes:
        raise UnsupportedError(
            f"layer {node.name!r}: ROW_LANES = 0: the core has no row engine; "
            "with a power of two that divides COLS it has one"
        )
    if source.channels > most:
        raise UnsupportedError(f"layer {node.name!r}: rows of {source.channels} elements: the core takes {most}")
    if source.bank:
        raise UnsupportedError(f"layer {node.name!r}: its rows begin at bank {source.bank}, not with a memory word")
