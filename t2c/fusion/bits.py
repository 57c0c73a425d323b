"""How many bits each tensor gets: one width for all, other widths for the ends, and any layer's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from t2c.fusion.layer import Plan
from t2c.fusion.ops import Weighted
from t2c.golden.errors import RangeError

OUTPUT_BITS = 8
"""Bits of the network's output; logits keep 8 bits at any activation width."""

PROBABILITY_BITS = 8
"""Bits of softmax's results at any activation width."""


@dataclass(frozen=True, kw_only=True)
class LayerBits:
    """Widths of one layer, 2..8; None leaves the network's. weight: its weights; activation: its output."""

    weight: int | None = None
    activation: int | None = None


@dataclass(frozen=True, kw_only=True)
class Bits:
    """Widths of a network, each 2..8.

    weight, activation: of every layer and, activation, of the input tensor; output: of the network's output;
    first_last: of the input tensor and of the weights of the first and the last weighted layer, None for no exception;
    layers: exceptions by layer name; the input tensor's name takes `activation`.
    """

    weight: int = 8
    activation: int = 8
    output: int = OUTPUT_BITS
    first_last: int | None = None
    layers: Mapping[str, LayerBits] = field(default_factory=dict)

    def check(self, plan: Plan) -> None:
        """Refuse an exception that can have no effect.

        Raises:
            LookupError: no such layer; the message lists the layers.
            RangeError: not a LayerBits, weight bits for a layer without weights, or activation bits for one that only
                moves values.
        """
        layers = {layer.name: layer for layer in plan.layers}
        known = [plan.input_name, *layers]
        for name, bits in self.layers.items():
            place = f"layer_bits: {name!r}"
            if name not in known:
                raise LookupError(f"layer_bits: no layer {name!r}; the model has {', '.join(known)}")
            if not isinstance(bits, LayerBits):
                raise RangeError(f"{place}: {bits!r} is not LayerBits(weight=..., activation=...)")
            if bits.weight is not None and (name not in layers or not isinstance(layers[name].op, Weighted)):
                raise RangeError(f"{place}: it has no weights")
            if bits.activation is not None and name in layers and layers[name].passing:
                raise RangeError(f"{place}: it only moves values; give the bits to the layer before it")

    def of_weight(self, plan: Plan, name: str) -> int:
        """Bits of a layer's weights."""
        own = self.layers.get(name, LayerBits()).weight
        if own is not None:
            return own
        weighted = [layer.name for layer in plan.layers if isinstance(layer.op, Weighted)]
        at_end = name in (weighted[0], weighted[-1])
        return self.first_last if at_end and self.first_last is not None else self.weight

    def of_activation(self, plan: Plan, name: str) -> int:
        """Bits of a tensor, by its name."""
        own = self.layers.get(name, LayerBits()).activation
        if own is not None:
            return own
        if name == plan.input_name and self.first_last is not None:
            return self.first_last
        last = plan.producer(plan.output_name)
        return self.output if last is not None and name == last.name else self.activation

    def of_probabilities(self, name: str) -> int:
        """Bits of the results of a softmax: 8 unless the layer has its own, since a row shares a sum of 1."""
        return self.layers.get(name, LayerBits()).activation or PROBABILITY_BITS
