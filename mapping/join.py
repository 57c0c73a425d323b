"""Joins of tensors: what was not written in its place is copied there, word by word, through the identity tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.mapping.layer import POINT, LanewisePlan, stage_fields
from t2c.mapping.lower import Site
from t2c.mapping.plan import LoadedOperand, Part
from t2c.mapping.tiles import ColumnRun
from t2c.mapping.views import sliced


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinPlan(LanewisePlan):
    """parts: place of each source in the target; copied: numbers of the sources that a step has to move there."""

    passes_table: ClassVar[bool] = False
    joins: ClassVar[bool] = True

    parts: tuple[Layout, ...]
    copied: tuple[int, ...]

    @property
    def runs(self) -> tuple[ColumnRun, ...]:
        return super().runs if self.copied else ()

    @property
    def has_sums(self) -> bool:
        return True

    def sums(self, inputs: Sequence[IntArray], result: IntArray) -> tuple[IntArray, ...]:
        return (result,)

    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        """For each image: the whole part, or row after row where those of the target do not follow one another."""
        found = []
        for number in self.copied:
            rows = self.parts[number].height
            step = rows if self.parts[number].rows_follow else 1
            found += [
                self._copy(part, number, image, first, step)
                for image in range(part.batch)
                for first in range(0, rows, step)
            ]
        return tuple(found)

    def _copy(self, part: Part, number: int, image: int, first: int, rows: int) -> Descriptor:
        """So many rows of a source; its channel words are walked like images."""
        source, place, edge = self.sources[number], self.parts[number], self.edges[number]
        pixels, start = rows * source.width, part.target - self.target.start + place.start
        return Descriptor(
            images=source.words,
            out_h=rows,
            out_w=source.width,
            in_h=rows,
            in_w=source.width,
            origin=part.sources[number] + image * source.size + first * source.row_words,
            col_step=source.pixel_words,
            row_step=source.row_words,
            image_step=1,
            blocks=len(self.hardware.blocks(source.words * pixels)),
            x_signed=int(edge.signed),
            out_base=start + image * place.size + first * place.row_words,
            out_step=place.pixel_words,
            out_image_step=1,
            out_pixels=pixels,
            **stage_fields(self.stage),
            **self.common_fields(part),
        )


def parts_of(layout: Layout, axis: int, extents: Sequence[int]) -> tuple[Layout, ...]:
    """Places in a joined tensor of parts that have these extents along an axis, in their order."""
    starts = np.cumsum([0, *extents]).tolist()
    return tuple(
        sliced(layout, axis=axis, start=start, length=extent) for start, extent in zip(starts, extents, strict=False)
    )


def shares_words(part: Layout, whole: Layout) -> bool:
    """Whether a word that holds an element of a part holds one of the rest of the tensor too."""
    mine, all_of_it = part.kept(), whole.kept()
    return bool((all_of_it & ~mine)[mine.any(axis=1)].any())


def join(node: Node, site: Site, *, axis: int, constant: IntArray | None = None, first: bool = False) -> JoinPlan:
    """Plan a join of the inputs of a node along an axis, and of a constant of the format of the first, if there is one.

    Args:
        node, site: what runs, and where.
        axis: of the tensors.
        constant: of a sample; first: it comes before the inputs.

    Raises:
        UnsupportedError: two parts share a memory word, or a part lies in other banks than its place.
    """
    extents = [edge.shape[axis] for edge in site.inputs]
    order = list(range(len(extents)))
    if constant is not None:
        order.insert(0 if first else len(order), len(extents))
        extents.append(constant.shape[axis])
    placed = dict(zip(order, parts_of(site.target, axis, [extents[number] for number in order]), strict=True))
    parts = tuple(placed[number] for number in range(len(extents)))
    names = [f"input {name!r}" for name in node.inputs]
    sources, edges, copied, operands = [*site.sources], [*site.inputs], [], []
    for number, (source, place) in enumerate(zip(sources, parts, strict=False)):
        if not (site.roots[number] == site.root and source.same_places(place)):
            copied.append(number)
    if constant is not None:
        names.append("the constant")
        own = Layout.of(constant.shape, site.hardware.rows, copies=1)
        alone = parts[-1].is_map and parts[-1].dense
        operands = [LoadedOperand(values=constant, layout=parts[-1] if alone else own, in_target=alone)]
        sources.append(operands[0].layout)
        edges.append(site.inputs[0])
        copied += [] if alone else [len(sources) - 1]
    for name, place in zip(names, parts, strict=True):
        if shares_words(place, site.target):
            text = f"{name} shares a memory word of {site.hardware.rows} channels with another part"
            raise UnsupportedError(f"layer {node.name!r}: {text}")
    for number in copied:
        source, place = sources[number], parts[number]
        if not place.lies_over(source):
            text = f"{names[number]} begins at bank {source.bank}, its place at bank {place.bank}"
            raise UnsupportedError(f"layer {node.name!r}: {text}")
    fmt, hardware = site.output.format, site.hardware
    fields: dict[str, Any] = site.plan_fields(node) | {"sources": tuple(sources), "edges": tuple(edges)}
    return JoinPlan(
        **fields,
        window=POINT,
        params=np.broadcast_to(encode_lanes(1, 0, 0, hardware), (hardware.groups, hardware.cols)),
        stage=OutputStage(rounding=Rounding.FLOOR, zero_point=0, lo=fmt.lo, hi=fmt.hi),
        operands=tuple(operands),
        parts=parts,
        copied=tuple(copied),
    )
