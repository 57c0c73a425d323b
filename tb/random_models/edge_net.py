"""A network for an edge package: every field is chosen by hand, constants follow from the sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.window import Padding, Pair
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.tb.random_models.draw_layer import draw_samples
from t2c.tb.random_models.settle import Sketch, Spread, Stager, empty_stage

INPUT = "input"


class EdgeNet:
    """Grows from an input of that shape; every method adds a node and returns its name, which its tensor has too.

    Branches may end anywhere: a run compares every tensor. Widths are those of the hardware, formats X_W bits wide
    unless said otherwise.
    """

    def __init__(
        self, hardware: Hardware, shape: tuple[int, ...], *, signed: bool = False, zero_point: int = 0
    ) -> None:
        self.hardware = hardware
        self.rng = np.random.default_rng(shape)
        self.widths = Widths(acc=hardware.acc_w, scale=hardware.scale_w, bias=hardware.bias_w)
        self.edges: dict[str, TensorSpec] = {}
        self.nodes: list[Node] = []
        self.stagers: dict[str, Stager] = {}
        self._tensor(INPUT, shape, signed=signed, zero_point=zero_point)

    def _tensor(self, name: str, shape: tuple[int, ...], *, signed: bool, zero_point: int) -> TensorSpec:
        bits = self.hardware.x_w
        self.edges[name] = TensorSpec(name=name, shape=shape, bits=bits, signed=signed, zero_point=zero_point)
        return self.edges[name]

    def conv2d(
        self,
        source: str,
        out: int,
        kernel: Pair = (1, 1),
        *,
        stride: Pair = (1, 1),
        padding: Padding = (0, 0),
        dilation: Pair = (1, 1),
        groups: int = 1,
        **more: Any,
    ) -> str:
        shape = (out, self.edges[source].shape[0] // groups, *kernel)
        window = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return self._weighted(Conv2d, source, shape, window, **more)

    def linear(self, source: str, out: int, **more: Any) -> str:
        return self._weighted(Linear, source, (out, *self.edges[source].shape), {}, **more)

    def _weighted(
        self,
        kind: type[Node],
        source: str,
        shape: tuple[int, ...],
        fields: dict[str, Any],
        *,
        weight: IntArray | None = None,
        bits: int = 0,
        **more: Any,
    ) -> str:
        """weight: of that shape; random ones of `bits` bits if None."""
        width = min(bits or self.hardware.w_w, self.hardware.w_w)
        fmt = IntFormat(bits=width, signed=True)
        values = self.rng.integers(fmt.lo, fmt.hi, shape, endpoint=True) if weight is None else weight.reshape(shape)
        return self.node(kind, source, weight=values, weight_bits=width, **fields, **more)

    def max_pool2d(self, source: str, kernel: Pair, **window: Any) -> str:
        return self.node(MaxPool2d, source, kernel=kernel, **{"stride": (1, 1), **window})

    def average_pool2d(self, source: str, kernel: Pair, *, channels: int = 1, **window: Any) -> str:
        return self.node(AveragePool2d, source, kernel=kernel, channels=channels, **{"stride": (1, 1), **window})

    def add(self, left: str, right: str, **more: Any) -> str:
        return self.node(Add, left, right, **more)

    def flatten(self, source: str) -> str:
        return self.node(Flatten, source)

    def node(
        self,
        kind: type[Node],
        *inputs: str,
        signed: bool = True,
        zero_point: int = 0,
        channels: int = 0,
        stager: Stager | None = None,
        **fields: Any,
    ) -> str:
        """Add a node. signed, zero_point: of its output; channels: sets of constants, 0 for one a channel."""
        name = f"{kind.op}{len(self.nodes) + 1}"
        sources = [self.edges[each] for each in inputs]
        common: dict[str, Any] = {"name": name, "inputs": inputs, "output": name, **fields}
        anything = TensorSpec(name=name, shape=(1,), bits=self.hardware.x_w, signed=True)
        shape = kind(**common, **empty_stage(kind, anything, 1, self.widths)).output_shape(sources)
        if not kind.stage_field:
            signed, zero_point = sources[0].signed, sources[0].zero_point
        edge = self._tensor(name, shape, signed=signed, zero_point=zero_point)
        stage = empty_stage(kind, edge, channels or shape[kind.channel_axis - 1], self.widths)
        self.nodes.append(kind(**common, **stage))
        if stager:
            self.stagers[name] = stager
        return name

    def package(self, name: str, samples: IntArray | int = 2) -> Package:
        """The package. samples: the images themselves, or how many random ones."""
        if isinstance(samples, int):
            samples = draw_samples(self.rng, self.edges[INPUT], samples)
        sketch = Sketch(name=name, widths=self.widths, edges=self.edges, nodes=tuple(self.nodes), samples=samples)
        return sketch.settle(self.stagers, Spread(rng=self.rng, widths=self.widths, drawn=False))
