"""Random networks for arrays of other elements, and for columns of several kinds, with weights that these hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.element import Element
from t2c.golden.elements.products import ungrouped_channels
from t2c.golden.errors import RangeError, ShapeError, UnsupportedError
from t2c.golden.graph.package import Package
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.mapping.compiler import ALL, compile_program
from t2c.tb.random_models.edge_net import INPUT, EdgeNet

MIXED = "mixed"
KINDS = ("sp2", "two_of_four", "truncated", "adc_column", MIXED)
"""What the arrays of consecutive seeds have."""
DEPTHS = {"act_depth": 1 << 12, "wgt_depth": 1 << 13, "par_depth": 1 << 9, "prg_depth": 1 << 13}
TRIES = 40


def element_hardware(seed: int) -> Hardware:
    """The array of a seed: the kind of its columns in turn, size, widths and, of several kinds, how many of each."""
    rng = np.random.default_rng((seed, 1))
    kind = KINDS[seed % len(KINDS)]
    rows, cols = ((8, 8), (8, 4), (4, 4), (16, 8), (12, 6))[int(rng.integers(5))]
    element, w_w = kind, int(rng.integers(4, 9))
    if kind == MIXED:
        first = int(rng.integers(1, cols))
        element = f"mac:{first},sp2:{cols - first}" if rng.integers(2) else f"sp2:{first},mac:{cols - first}"
    if kind in (MIXED, "sp2"):
        w_w = 4
    x_w = int(rng.integers(4, 9))
    return Hardware(rows=rows, cols=cols, x_w=x_w, w_w=w_w, element=element, **DEPTHS)


def element_network(seed: int) -> Package:
    """A random network for `element_hardware(seed)`: convolutions of any window, groups, depthwise ones, some without
    the weights of whole words of channels; on exact elements pooling, a residual add and a linear layer too."""
    hardware = element_hardware(seed)
    for attempt in range(TRIES):
        rng = np.random.default_rng((seed, 2, attempt))
        try:
            package = _Drawing(hardware, rng).package(f"element_{seed}")
            compile_program(package.graph, ALL, hardware)
        except (RangeError, ShapeError, UnsupportedError):
            continue
        return package
    raise RuntimeError(f"no network in {TRIES} tries for seed {seed}")


class _Drawing:
    """One attempt; kinds: for each number of output channels, which filters are for which part of the columns."""

    def __init__(self, hardware: Hardware, rng: np.random.Generator) -> None:
        self.hardware, self.rng = hardware, rng
        self.elements = [element for element, _ in hardware.columns.parts]
        self.kinds: dict[int, IntArray] = {}
        channels = int(rng.integers(1, 3 * hardware.rows))
        side = int(rng.integers(3, 8))
        signed = bool(rng.integers(2))
        self.net = EdgeNet(hardware, (channels, side, side + 1), signed=signed, zero_point=int(rng.integers(-3, 4)))
        self.net.rng = rng

    def package(self, name: str) -> Package:
        rng, exact = self.rng, self.hardware.columns.exact
        last = self._conv(INPUT)
        for _ in range(int(rng.integers(1, 4))):
            before, last = last, self._conv(last)
            if exact and rng.integers(2) and self.net.edges[before].shape == self.net.edges[last].shape:
                last = self.net.add(before, last, zero_point=int(rng.integers(-3, 4)))
        if exact and rng.integers(2):
            last = self.net.max_pool2d(last, (2, 1))
        if exact and rng.integers(2):
            features = self.net.flatten(last)
            count = self.net.edges[features].shape[0]
            self._weighted(Linear, features, (int(rng.integers(1, 20)), count), {})
        return self.net.package(name)

    def _conv(self, source: str) -> str:
        rng = self.rng
        channels, *size = self.net.edges[source].shape
        depthwise = bool(rng.integers(4) == 0)
        divisors = [count for count in range(1, channels + 1) if channels % count == 0]
        groups = channels if depthwise else int(rng.choice(divisors)) if rng.integers(3) == 0 else 1
        same = bool(rng.integers(2))
        out = channels if depthwise or same else groups * int(rng.integers(1, 2 * self.hardware.cols // groups + 2))
        kernel = tuple(int(rng.integers(1, min(3, extent) + 1)) for extent in size)
        if same:
            kernel = tuple(1 if extent < 3 else int(rng.choice((1, 3))) for extent in size)
        fields: dict[str, Any] = {
            "groups": groups,
            "padding": tuple(k // 2 for k in kernel),
            "stride": (1, 1) if same else (int(rng.integers(1, 3)), 1),
        }
        return self._weighted(Conv2d, source, (out, channels // groups, *kernel), fields)

    def _weighted(self, kind: Any, source: str, shape: tuple[int, ...], fields: dict[str, Any]) -> str:
        weight = self._weights(shape)
        if self.rng.integers(3) == 0:
            self._prune(weight)
        bits = min(8, max(2, int(np.abs(weight).max()).bit_length() + 1))
        (only,) = self.elements if len(self.elements) == 1 else (None,)
        element = only.name if only is not None and (not only.exact or self.rng.integers(2)) else None
        if element and len(shape) == 2 and only is not None and only.span > 1:
            element = None  # a package groups neighbours of the vector, the array channels of a pixel
        return self.net.node(kind, source, weight=weight, weight_bits=bits, element=element, **fields)

    def _weights(self, shape: tuple[int, ...]) -> IntArray:
        made = [self._held(element, shape) for element in self.elements]
        if len(made) == 1:
            return made[0]
        chosen = self.kinds.setdefault(shape[0], self.rng.integers(len(made), size=shape[0]))
        return np.stack(made)[chosen, np.arange(shape[0])]

    def _prune(self, weight: IntArray) -> None:
        """Zero half of the blocks of a word of results by a word of channels: what the compiler leaves out."""
        word = self.hardware.rows
        for out in range(0, weight.shape[0], word):
            for channel in range(0, weight.shape[1], word):
                if self.rng.integers(2):
                    weight[out : out + word, channel : channel + word] = 0

    def _held(self, element: Element, shape: tuple[int, ...]) -> IntArray:
        """Weights over all that an element holds; a linear layer's channels are those of pixels: any order will do."""
        w_w, span = self.hardware.w_w, element.span
        out, channels, *taps = shape
        groups = -(-channels // span)
        real = self.rng.uniform(-1, 1, (out, groups, *taps, span)) * element.largest(w_w) * 1.2
        if span > 1 and not taps:  # a vector of a map: two of any elements of it in a word may be other than 0
            real *= self.rng.random((out, groups, span)) < 0.15
        held = element.nearest(np.clip(real, -element.largest(w_w), element.largest(w_w)), w_w)
        return ungrouped_channels(held, channels)
