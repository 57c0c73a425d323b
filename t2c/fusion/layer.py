"""The layers of a traced model: what a plan holds."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from t2c.fusion.ops import Flatten, MaxPool, Op
from t2c.fusion.token_ops import MOVING
from t2c.fusion.views import View


@dataclass(kw_only=True)
class Layer:
    """One layer: an operation and what was fused into it.

    name: of the layer and its output; inputs: names of tensors; op: what it does; batch_norm: fused normalisation;
    gain: factors of the channels, (C,), behind it; ceiling: upper clip of a fused ReLU, None without ReLU; signed: the
    output has to hold negative numbers whatever makes it; non_negative: the output is never below 0; input_shapes: of
    its inputs, without batch.
    """

    name: str
    inputs: tuple[str, ...]
    op: Op
    input_shapes: tuple[tuple[int, ...], ...]
    batch_norm: nn.BatchNorm1d | nn.BatchNorm2d | None = None
    gain: Tensor | None = None
    ceiling: float | None = None
    signed: bool = False
    non_negative: bool = False

    @property
    def passing(self) -> bool:
        """True if it moves values without computing new ones."""
        return isinstance(self.op, (MaxPool, Flatten, *MOVING))


@dataclass(kw_only=True)
class Plan:
    """A traced model.

    layers: in topological order; input_name, output_name: of tensors; input_shape: no batch; held: the traced node
    that holds a tensor's value, after all that was fused into it, and how it lies there, by the tensor's name.
    """

    input_name: str = ""
    input_shape: tuple[int, ...] = ()
    output_name: str = ""
    layers: list[Layer] = field(default_factory=list)
    held: dict[str, tuple[str, View]] = field(default_factory=dict)

    def layer(self, name: str) -> Layer | None:
        """The layer that makes a tensor; None for the input."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def producer(self, name: str) -> Layer | None:
        """The computing layer behind a tensor, seen through passing layers."""
        layer = self.layer(name)
        while layer is not None and layer.passing:
            layer = self.layer(layer.inputs[0])
        return layer
