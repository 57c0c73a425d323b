"""What the layers share whose products an element of the array computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from t2c.common.shown import shown
from t2c.golden.elements.element import ELEMENTS, Element
from t2c.golden.elements.products import grouped_channels
from t2c.golden.errors import RangeError
from t2c.golden.graph.fields import Field, Text
from t2c.golden.graph.node import WeightedNode
from t2c.golden.graph.tensor_spec import TensorSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class ElementNode(WeightedNode):
    """A weighted node for the array, weight: (O, C, ...); element: by its name, whose sums the products are
    (`t2c.golden.elements`). None: exact products, of weights as they may be."""

    fields: ClassVar[tuple[Field, ...]] = (*WeightedNode.fields, Text("element", optional=True))

    element: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.element is None:
            return
        kind = ELEMENTS.find(self.element)
        if kind is None:
            raise RangeError(f"element: {shown(self.element)} is not one of {', '.join(ELEMENTS.names())}")
        grouped = grouped_channels(self.weight, kind.span)
        legal = kind().legal(grouped, self.weight_bits)
        if not legal.all():
            out, group = (int(at) for at in np.argwhere(~legal)[0][:2])
            held = grouped[~legal][0].tolist()
            text = f"output {out}, channels {group * kind.span}..: {held if kind.span > 1 else held[0]}"
            raise RangeError(f"weight: {text}; element {self.element!r} does not hold that")

    @cached_property
    def products(self) -> Element | None:
        kind = ELEMENTS.find(self.element) if self.element is not None else None
        return kind() if kind and not kind.exact else None

    def worst_accumulator(self, inputs: Sequence[TensorSpec]) -> int:
        element = self.products
        if element is None:
            return super().worst_accumulator(inputs)
        channels, taps = int(self.weight.shape[1]), int(np.prod(self.weight.shape[2:]))
        # The channels of a group of the convolution may begin and end within an element.
        used = min(channels, -(-channels // element.span) + 1) * taps
        return used * element.bound(inputs[0].magnitude.bit_length() + 1, self.weight_bits)
