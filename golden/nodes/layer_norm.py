"""The node layer_norm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntArray, check_int
from t2c.golden.arithmetic.layer_norm import (
    EPSILON,
    MAX_LENGTH,
    MIN_FRACTION_BITS,
    ROOT_BITS,
    RowNorm,
    RowWidths,
    normalise,
    row_widths,
)
from t2c.golden.graph.fields import Field, Integer, Record
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import AccumulatingNode
from t2c.golden.graph.stages import WIDE_MULQUANT
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec

NORM = Record(
    name="norm",
    members=(
        Integer("epsilon", limits=EPSILON),
        Integer("root_bits", limits=ROOT_BITS),
        Integer("fraction_bits", limits=(MIN_FRACTION_BITS, ROOT_BITS[1])),
    ),
    make=RowNorm,
)


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class LayerNorm(AccumulatingNode):
    """LayerNorm over the channels, docs/arithmetic.md 8.1; norm: E, KB and TF.

    Channels are axis 0: of a map (C, H, W) each pixel is a row, of tokens as a map (C, T, 1) each token. The
    accumulators, what MulQuant takes, are t.
    """

    op: ClassVar[str] = "layer_norm"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (8, 1)
    fields: ClassVar[tuple[Field, ...]] = (NORM, WIDE_MULQUANT)
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    norm: RowNorm

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        check_int("channels of a row", inputs[0].shape[0], 1, MAX_LENGTH)
        return inputs[0].shape

    def row_widths(self, inputs: Sequence[TensorSpec]) -> RowWidths:
        """Bits that hold everything a row of this node passes through."""
        return row_widths(self.norm, length=inputs[0].shape[0], input_bits=inputs[0].bits)

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        return self.row_widths(inputs).peak

    def accumulate(self, values: Sequence[IntArray], inputs: Sequence[TensorSpec]) -> IntArray:
        return normalise(values[0], self.norm, axis=1)
