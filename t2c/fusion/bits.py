"""How many bits each tensor gets: one width for all, other widths for the ends, and any layer's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from t2c.fusion.layer import Layer, Plan
from t2c.fusion.ops import Add, Weighted
from t2c.fusion.token_ops import Offset, RowNormalisation
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.errors import RangeError
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MAX_OPERAND_BITS, MIN_OPERAND_BITS

OUTPUT_BITS = 8
"""Bits of the network's output; logits keep 8 bits at any activation width."""

PROBABILITY_BITS = 8
"""Bits of softmax's results at any activation width."""


@dataclass(frozen=True, kw_only=True)
class LayerBits:
    """Widths of one layer; None leaves the network's.

    weight: of its weights, 2..8; activation: of its output, 2..8, of a residual stream 2..16.
    """

    weight: int | None = None
    activation: int | None = None


def on_residual(plan: Plan, layer: Layer) -> bool:
    """Whether a layer's output is part of a residual stream: a sum that only sums and LayerNorms read."""
    readers = [other for other in plan.layers if layer.name in other.inputs]
    sums = (Add, Offset)
    return (
        isinstance(layer.op, sums)
        and layer.name != plan.output_name
        and bool(readers)
        and all(isinstance(reader.op, (*sums, RowNormalisation)) for reader in readers)
    )


@dataclass(frozen=True, kw_only=True)
class Bits:
    """Widths of a network, each 2..8 but those of the residual stream, 2..16.

    weight, activation: of every layer and, activation, of the input tensor; output: of the network's output;
    residual: of the residual stream, None for as wide as all activations: sums, also of a constant, that only sums and
    LayerNorms read;
    first_last: of the input tensor and of the weights of the first and the last weighted layer, None for no exception;
    layers: exceptions by layer name; the input tensor's name takes `activation`.
    """

    weight: int = 8
    activation: int = 8
    output: int = OUTPUT_BITS
    residual: int | None = None
    first_last: int | None = None
    layers: Mapping[str, LayerBits] = field(default_factory=dict)

    def check(self, plan: Plan) -> None:
        """Refuse an exception that can have no effect.

        Raises:
            LookupError: no such layer; the message lists the layers.
            RangeError: not a LayerBits, bits out of their range, weight bits for a layer without weights, activation
                bits for one that only moves values, more than 8 bits for a tensor that something else than a sum or a
                LayerNorm makes or reads, or bits of a residual stream that the model does not have.
        """
        self._check_ranges()
        if self.residual is not None and not any(on_residual(plan, layer) for layer in plan.layers):
            raise RangeError("residual_bits: the model has no sum that only sums and LayerNorms read")
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
            if (bits.activation or 0) > MAX_OPERAND_BITS and not (name in layers and on_residual(plan, layers[name])):
                raise RangeError(
                    f"{place}: {bits.activation} bits are for a sum that only sums and LayerNorms read, else at most "
                    f"{MAX_OPERAND_BITS}"
                )

    def _check_ranges(self) -> None:
        for name in ("weight", "activation", "output", "first_last"):
            if (bits := getattr(self, name)) is not None:
                check_int(f"{name} bits", bits, MIN_OPERAND_BITS, MAX_OPERAND_BITS)
        if self.residual is not None:
            check_int("residual_bits", self.residual, MIN_OPERAND_BITS, MAX_EDGE_BITS)
        for name, own in self.layers.items():
            if isinstance(own, LayerBits) and own.weight is not None:
                check_int(f"layer_bits: {name!r}: weight bits", own.weight, MIN_OPERAND_BITS, MAX_OPERAND_BITS)

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
        if last is not None and name == last.name:
            return self.output
        layer = plan.layer(name)
        wide = self.residual is not None and layer is not None and on_residual(plan, layer)
        return self.residual if wide and self.residual is not None else self.activation

    def of_probabilities(self, name: str) -> int:
        """Bits of the results of a softmax: 8 unless the layer has its own, since a row shares a sum of 1."""
        return self.layers.get(name, LayerBits()).activation or PROBABILITY_BITS
