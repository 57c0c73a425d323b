"""add on the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.node import Node
from t2c.golden.nodes.add import Add
from t2c.mapping.layer import POINT, LanewisePlan, stage_fields
from t2c.mapping.lower import Site, lowers
from t2c.mapping.plan import LayerPlan, LoadedOperand, Part
from t2c.mapping.tiles import ColumnRun


@dataclass(frozen=True, kw_only=True, eq=False)
class AddPlan(LanewisePlan):
    """Residual add: pixels of both operands alternate, MulQuant joins each pair."""

    @property
    def has_sums(self) -> bool:
        return True

    def sums(self, inputs: Sequence[IntArray], result: IntArray) -> tuple[IntArray, ...]:
        a, b = (value - edge.zero_point for value, edge in zip(inputs, self.edges, strict=True))
        return a, b

    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        """One step for the words of all rows where all words follow one another; else pixels, word by word."""
        target, rows = self.target, part.last - part.first
        # Rows of a batch follow one another; a part of the rows only ever belongs to one image.
        assert part.batch == 1 or rows == target.height
        layouts, words = (*self.sources, target), target.row_words
        if all(each.dense and (part.batch == 1 or each.size == target.height * words) for each in layouts):
            return (self._pairs(part, 0, images=part.batch * rows, image_step=words, pairs=words, step=1, out_step=1),)
        walk = {"images": target.words, "image_step": 1, "pairs": rows * target.width}
        steps = {"step": self.sources[0].pixel_words, "out_step": target.pixel_words}
        return tuple(self._pairs(part, image, **walk, **steps) for image in range(part.batch))

    def _pairs(
        self, part: Part, image: int, *, images: int, image_step: int, pairs: int, step: int, out_step: int
    ) -> Descriptor:
        """So many pairs, `step` words apart, of so many images, `image_step` words apart."""
        a, b, out = (
            base + image * layout.size + part.first * layout.row_words
            for base, layout in zip((*part.sources, part.target), (*self.sources, self.target), strict=True)
        )
        return Descriptor(
            images=images,
            out_h=pairs,
            out_w=2,
            in_h=pairs,
            in_w=2,
            origin=a,
            col_step=b - a,
            row_step=step,
            image_step=image_step,
            blocks=len(self.hardware.blocks(2 * images * pairs)),
            x_signed=int(self.edges[0].signed),
            x_zero_point=self.edges[0].zero_point,
            x2_signed=int(self.edges[1].signed),
            x2_zero_point=self.edges[1].zero_point,
            combine=Combine.PAIR,
            out_base=out,
            out_step=out_step,
            out_image_step=image_step,
            out_pixels=pairs,
            **stage_fields(self.stage),
            **self.common_fields(part),
        )


@lowers("add", lanewise=True)
def lower_add(node: Add, site: Site) -> LayerPlan:
    """Plan a residual add; raise UnsupportedError if an operand does not lie as the others do."""
    return add_plan(node, site, node.addquant)


def add_plan(node: Node, site: Site, quant: AddQuant, operands: tuple[LoadedOperand, ...] = ()) -> AddPlan:
    """Plan a sum of the two tensors of a site.

    Args:
        node, site: what runs, and where.
        quant: the constants.
        operands: of the two, those that the host brings; they are the last.

    Raises:
        UnsupportedError: an operand does not lie as the others do.
    """
    fields = site.lanewise_fields(node)
    a, b, target = *site.sources, fields["target"]
    if len({(layout.channels, layout.height, layout.width) for layout in (a, b, target)}) > 1:
        raise UnsupportedError(f"layer {node.name!r}: an operand is flattened from a map")
    if a.bank != b.bank:
        raise UnsupportedError(f"layer {node.name!r}: its operands begin at banks {a.bank} and {b.bank}")
    if not (a.dense and b.dense) and (a.pixel_words != b.pixel_words or not (a.rows_follow and b.rows_follow)):
        raise UnsupportedError(f"layer {node.name!r}: its operands' pixels lie at unlike distances")
    hardware = site.hardware
    pair = encode_lanes([quant.multiplier_a, quant.multiplier_b], [quant.bias, 0], [quant.shift, quant.shift], hardware)
    return AddPlan(
        **fields,
        window=POINT,
        params=np.broadcast_to(np.tile(pair, hardware.groups)[:, np.newaxis], (2 * hardware.groups, hardware.cols)),
        param_step=2,
        stage=quant,
        operands=operands,
    )
