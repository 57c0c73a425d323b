"""The node multi_threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from t2c.golden.arithmetic.formats import IntTensor, check_int
from t2c.golden.arithmetic.mulquant import ACTIVATION_HI, ACTIVATION_LO
from t2c.golden.arithmetic.multi_threshold import (
    THRESHOLD_BITS,
    THRESHOLD_HI,
    THRESHOLD_LO,
    Thresholds,
    multi_threshold,
)
from t2c.golden.errors import ShapeError
from t2c.golden.graph.constant import Storage
from t2c.golden.graph.fields import Field, Integer, Record, Tensor
from t2c.golden.graph.kinds import register_node
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, TensorSpec

MULTI_THRESHOLD = Record(
    name="multi_threshold",
    members=(
        Integer("base", limits=(ACTIVATION_LO, ACTIVATION_HI)),
        Tensor(
            "thresholds",
            lambda _: Storage(bits=THRESHOLD_BITS, signed=True, axes="OX"),
            limits=(THRESHOLD_LO, THRESHOLD_HI),
        ),
    ),
    make=Thresholds,
)


@register_node
@dataclass(frozen=True, kw_only=True, eq=False)
class MultiThreshold(Node):
    """A staircase of every element by integer comparisons, docs/arithmetic.md 7.4, per tensor or per channel."""

    op: ClassVar[str] = "multi_threshold"
    narrow: ClassVar[bool] = True
    section: ClassVar[tuple[int, ...]] = (7, 4)
    fields: ClassVar[tuple[Field, ...]] = (MULTI_THRESHOLD,)
    widest_input: ClassVar[int] = MAX_EDGE_BITS
    widest_output: ClassVar[int] = MAX_EDGE_BITS

    multi_threshold: Thresholds

    def output_shape(self, inputs: Sequence[TensorSpec]) -> tuple[int, ...]:
        shape, channels = inputs[0].shape, self.multi_threshold.channels
        if channels not in (1, shape[0]):
            raise ShapeError(f"thresholds: those of {channels} channels for shape {shape}")
        return shape

    def forward(self, values: Sequence[IntTensor], inputs: Sequence[TensorSpec]) -> IntTensor:
        return multi_threshold(values[0], self.multi_threshold)

    def check_numbers(self, inputs: Sequence[TensorSpec], output: TensorSpec) -> None:
        fmt, base = output.format, self.multi_threshold.base
        check_int("base", base, fmt.lo, fmt.hi)
        check_int("base + thresholds", base + self.multi_threshold.steps, fmt.lo, fmt.hi)
