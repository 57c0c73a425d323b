"""add on the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.contract.descriptor import Descriptor
from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import encode_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import UnsupportedError
from t2c.golden.nodes.add import Add
from t2c.mapping.layer import POINT, LanewisePlan, LayerPlan, Part, stage_fields
from t2c.mapping.lower import Site, lowers
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
        layout, rows = self.target, part.last - part.first
        offset, (a, b) = part.first * layout.row_words, part.sources
        # Rows of a batch follow one another; a part of the rows only ever belongs to one image.
        assert part.batch == 1 or rows == layout.height
        images = part.batch * rows
        return (
            Descriptor(
                images=images,
                out_h=layout.row_words,
                out_w=2,
                in_h=layout.row_words,
                in_w=2,
                origin=a + offset,
                col_step=b - a,
                row_step=1,
                image_step=layout.row_words,
                blocks=len(self.hardware.blocks(2 * images * layout.row_words)),
                x_signed=int(self.edges[0].signed),
                x_zero_point=self.edges[0].zero_point,
                x2_signed=int(self.edges[1].signed),
                x2_zero_point=self.edges[1].zero_point,
                combine=Combine.PAIR,
                out_base=part.target + offset,
                out_step=1,
                out_image_step=layout.row_words,
                out_pixels=layout.row_words,
                **stage_fields(self.stage),
                **self.common_fields(part),
            ),
        )


@lowers("add")
def lower_add(node: Add, site: Site) -> LayerPlan:
    """Plan a residual add; raise UnsupportedError if an operand does not lie as the others do."""
    a, b = site.sources
    if len({(layout.channels, layout.height, layout.width) for layout in (a, b, site.target)}) > 1:
        raise UnsupportedError(f"layer {node.name!r}: an operand is flattened from a map")
    quant, hardware = node.addquant, site.hardware
    pair = encode_lanes([quant.multiplier_a, quant.multiplier_b], [quant.bias, 0], [quant.shift, quant.shift], hardware)
    return AddPlan(
        **site.plan_fields(node),
        window=POINT,
        params=np.broadcast_to(np.tile(pair, hardware.groups)[:, np.newaxis], (2 * hardware.groups, hardware.cols)),
        param_step=2,
        stage=quant,
    )
