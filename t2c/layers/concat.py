"""Concatenation out of layers that every chip has: selections into the wide tensor, and exact adds."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from t2c.layers.add import QAdd
from t2c.layers.base import QLayer
from t2c.layers.weighted import QConv2d, QLinear, QWeighted
from t2c.network import Wire
from t2c.quantisers.base import _QBase
from t2c.quantisers.minmax import MinMax

SELECTION_BITS = 2
"""Weights of a selection are 0 and 1; with 2 bits their scale is 1."""


def concatenation(
    name: str,
    inputs: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    output_quantiser: _QBase,
    *,
    ceiling: float | None = None,
) -> list[tuple[Wire, QLayer]]:
    """Return layers that compute Q_y(relu(cat(inputs, axis 1))), each operand brought to the one output scale.

    Operand i goes through a 1x1 convolution (a linear layer for flat tensors) whose weights are 0 and 1: its channels
    arrive at their places, requantised from s_i to s_y, and all others hold real 0. Where one operand holds a value the
    others hold 0, so the adds that join them, all on the scale s_y, are exact. Only the first step rounds. On the
    training path only the last add quantises, so that the quantiser sees the whole tensor, once.

    Args:
        name: of the last layer and its tensor; the others are called name_part0, name_part1, ..., name_join1, ...
        inputs: names of the operands, two or more.
        shapes: of the operands without batch, (C_i, H, W) or (F_i,).
        output_quantiser: shared by all the layers; its range covers all operands.
        ceiling: upper clip of a fused ReLU, None without ReLU.
    """
    channels = [shape[0] for shape in shapes]
    flat = len(shapes[0]) == 1
    made: list[tuple[Wire, QLayer]] = []
    for i, source in enumerate(inputs):
        part = f"{name}_part{i}"
        place = torch.zeros(sum(channels), channels[i])
        place[sum(channels[:i]) : sum(channels[: i + 1])] = torch.eye(channels[i])
        layer = _selection(place, flat, output_quantiser, f"{part}.weight", ceiling)
        layer.partial = True
        made.append((Wire(name=part, inputs=(source,)), layer))
    total = made[0][0].name
    for i in range(1, len(inputs)):
        last = i == len(inputs) - 1
        joined = name if last else f"{name}_join{i}"
        join = QAdd(output_quantiser, ceiling=ceiling)
        join.partial = not last
        made.append((Wire(name=joined, inputs=(total, f"{name}_part{i}")), join))
        total = joined
    return made


def _selection(place: Tensor, flat: bool, output: _QBase, name: str, ceiling: float | None) -> QWeighted:
    """A layer with weights 0 and 1 that no training moves; place: (C_out, C_in)."""
    quantiser = MinMax(SELECTION_BITS, name=name)
    weight = place if flat else place[:, :, None, None]
    kind = QLinear if flat else QConv2d
    layer = kind(weight, quantiser, output, beta=torch.zeros(place.shape[0]), ceiling=ceiling)
    layer.weight.requires_grad_(False)
    layer.beta.requires_grad_(False)
    return layer
