"""The fused network against the model: every tensor, on several images, relative to what each output moves by."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, fx, nn

from t2c.calibration import unquantised
from t2c.fusion.layer import Plan
from t2c.golden.errors import UnsupportedError
from t2c.layers.base import rectify
from t2c.network import QNetwork

FLOAT32 = 2.0**-24
"""Relative rounding error of one float32 operation."""

GIVEN = 3
"""Images of the user's that fusion is checked on, besides three random ones."""

AT_ONCE = 2
"""Images whose tensors are in memory at a time."""


def check_images(examples: Tensor) -> Tensor:
    """Return (N, *shape), N >= 4: some of the examples, from the first to the last, and three random images.

    The random ones are uniform in the examples' range, uniform in three times that range around it, and normal with
    twice its reach, so of both signs; they come from a seed.
    """
    count = min(GIVEN, examples.shape[0])
    places = torch.linspace(0, examples.shape[0] - 1, count).round().long()
    low, high = float(examples.min()), float(examples.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    reach = high - low or max(abs(high), 1.0)
    generator = torch.Generator().manual_seed(0)
    shape = (1, *examples.shape[1:])
    uniform, wide = (torch.rand(shape, generator=generator) for _ in range(2))
    normal = torch.randn(shape, generator=generator) * 2 * max(abs(low), abs(high), reach)
    drawn = [low + uniform * reach, low - reach + wide * 3 * reach, normal]
    return torch.cat([examples[places], *(image.to(examples.dtype) for image in drawn)])


class Gaps:
    """How far two networks are apart, tensor by tensor and channel by channel.

    gap: the largest difference; low, high: of the wanted values; each by tensor's name, (C,).
    """

    def __init__(self) -> None:
        self.gap: dict[str, Tensor] = {}
        self.low: dict[str, Tensor] = {}
        self.high: dict[str, Tensor] = {}

    def add(self, name: str, got: Tensor, wanted: Tensor) -> None:
        """Compare one tensor (N, C, ...) of some images; where the wanted value is not finite, nothing is compared."""
        if got.shape != wanted.shape:
            raise UnsupportedError(f"tensor {name!r}: the fused network has shape {tuple(got.shape)}")
        finite = torch.isfinite(wanted)
        gap = torch.where(finite, (got - wanted).abs(), 0.0).nan_to_num(nan=math.inf)
        wanted = torch.where(finite, wanted, 0.0)
        by_channel = [values.transpose(0, 1).flatten(1) for values in (gap, wanted)]
        self._keep(self.gap, name, by_channel[0].amax(1), torch.maximum)
        self._keep(self.high, name, by_channel[1].amax(1), torch.maximum)
        self._keep(self.low, name, by_channel[1].amin(1), torch.minimum)

    @staticmethod
    def _keep(held: dict[str, Tensor], name: str, values: Tensor, join: object) -> None:
        assert callable(join)
        held[name] = join(held[name], values) if name in held else values

    def demand(self, plan: Plan) -> None:
        """Refuse a channel of a tensor that is off by more than float32 rounds at its depth.

        Both networks ran in float64, whose own rounding is 2^29 times smaller. A tensor behind d layers may be off by
        d + 1 roundings of float32, relative to the range of the channel's values, or, if these hardly move, to what
        float32 can tell apart there.

        Raises:
            UnsupportedError: one is; the message names the first tensor, and the channel.
        """
        for depth, (name, gap) in enumerate(self.gap.items(), start=1):
            low, high = self.low[name], self.high[name]
            scale = torch.maximum(high - low, FLOAT32 * torch.maximum(high.abs(), low.abs()))
            wrong = gap > (depth + 1) * FLOAT32 * scale
            if bool(wrong.any()):
                channel = int(wrong.int().argmax())
                off, span = float(gap[channel]), float(scale[channel])
                raise UnsupportedError(
                    f"tensor {name!r}: without rounding, the fused network differs from the model by {off:.3g} "
                    f"in channel {channel}, whose values range over {span:.3g}; "
                    "does the model change a tensor in place and use it again?"
                )


class _Values(fx.Interpreter):
    """Run a trace; values: of each tensor when it was made, before anything changed it in place, by node's name."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__(traced)
        self.values: dict[str, Tensor] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if isinstance(value, Tensor):
            self.values[n.name] = value.clone()
        return value


def demand_agreement(net: QNetwork, traced: fx.GraphModule, plan: Plan, images: Tensor) -> None:
    """Compare a fused network with the model on every tensor that both have.

    Args:
        net: fused from `traced` by `plan`; both in float64.
        images: float64 (N, *shape).

    Raises:
        UnsupportedError: they differ.
    """
    gaps = Gaps()
    for part in images.split(AT_ONCE):
        interpreter = _Values(traced)
        output, values = interpreter.run(part.clone()), interpreter.values
        with unquantised(net):
            made = net.tensors(part)
        for layer in plan.layers:
            node, view = plan.held.get(layer.name, ("", None))
            held = None if view is None else view.to_chip(values[node])
            if held is not None:  # else it is inside an operation of the model, or an axis of it in another order
                gaps.add(layer.name, made[layer.name], rectify(held, layer.ceiling))
        gaps.add("output", made[net.output_name], output)
    gaps.demand(plan)


def demand_same_parameters(net: nn.Module, exact: nn.Module) -> None:
    """Refuse parameters that are not those of the float64 network, rounded to float32 a few times.

    Raises:
        UnsupportedError: one is not; the message names it.
    """
    theirs = dict(exact.named_parameters())
    for name, parameter in net.named_parameters():
        if name not in theirs:
            continue  # a quantiser's own
        wanted = theirs[name].detach()
        gap = (parameter.detach().double() - wanted).abs()
        allowed = 4 * FLOAT32 * wanted.abs() + torch.finfo(torch.float32).tiny
        if bool((gap > allowed).any()):
            raise UnsupportedError(f"{name}: float32 cannot hold what fusion makes of it")
