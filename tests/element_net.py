"""Small packages for arrays of other elements, with weights that they hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.elements.columns import find_element
from t2c.golden.elements.element import Element
from t2c.golden.elements.products import ungrouped_channels
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.max_pool2d import MaxPool2d
from tests.core_net import Net

WIDTH = {"sp2": 4}
"""W_W of the array, where it is not 8."""


def legal(element: Element, rng: np.random.Generator, *shape: int, w_w: int) -> np.ndarray:
    """Weights (O, C, ...) that an element holds, drawn over all that it can."""
    top = max(int(abs(element.levels(w_w)).max()), 1)
    channels = -(-shape[1] // element.span) * element.span
    grouped = rng.uniform(-top, top, (shape[0], channels // element.span, *shape[2:], element.span))
    return ungrouped_channels(element.nearest(grouped, w_w), shape[1])


def element_package(name: str, *, exact_layers: bool = False, seed: int = 3) -> Package:
    """Convolutions of odd sizes, grouped ones and a depthwise one among them, on an element; the last covers its map.

    exact_layers: with pooling, a residual add and a linear layer, which an exact element runs too.
    """
    element, w_w = find_element(name), WIDTH.get(name, 8)
    x = TensorSpec(name="x", shape=(3, 6, 5), bits=8, signed=False, zero_point=3, scale=0.5)
    net = Net(x, samples=3, seed=seed)

    def edge(name: str, *shape: int) -> TensorSpec:
        return TensorSpec(name=name, shape=shape, bits=8, signed=False, zero_point=7, scale=0.25)

    def conv(name: str, source: str, out: int, kernel: int, groups: int = 1, **fields: object) -> None:
        channels = net.edges[source].shape[0]
        weight = legal(element, net.rng, out, channels // groups, kernel, kernel, w_w=w_w)
        bits = max(2, int(abs(weight).max()).bit_length() + 1)
        given = {"weight": weight, "weight_bits": min(bits, 8), "groups": groups, "element": element.name, **fields}
        net.node(Conv2d, edge(name, out, 1, 1), source, **given)

    conv("stem", "x", 9, 3, padding=(1, 1))
    conv("middle", "stem", 8, 3, stride=(2, 1), padding=(1, 0))
    conv("pairs", "middle", 8, 3, groups=2, padding=(1, 1))
    conv("depthwise", "pairs", 8, 1, groups=8)
    last = "depthwise"
    if exact_layers:
        net.node(Add, edge("sum", 8, 1, 1), "pairs", "depthwise")
        net.node(MaxPool2d, edge("peak", 8, 1, 1), "sum", kernel=(2, 2), stride=(1, 1))
        last = "peak"
    height = net.edges[last].shape[1]
    if exact_layers:
        net.node(Flatten, edge("flat", 1), last)
        features = net.edges["flat"].shape[0]
        weight = legal(element, net.rng, 5, features, w_w=w_w) if element.span == 1 else None
        if weight is None:  # the array takes channels of a pixel together, not neighbours of the vector
            pixels = features // 8
            weight = legal(element, net.rng, 5, 8, pixels, w_w=w_w).reshape(5, features)
        net.node(Linear, edge("logits", 5), "flat", weight=weight, weight_bits=8)
    else:
        conv("covers", last, 5, height)
        net.node(Flatten, edge("logits", 1), "covers")
    nodes = tuple(net.nodes)
    graph = Graph(
        name=f"element_{name}", input="x", output=nodes[-1].output, edges=net.edges, nodes=nodes, widths=Widths()
    )
    return Package(graph=graph, samples=net.values["x"], labels=np.arange(3))


def mixed_package(share: float, *, seed: int = 5) -> Package:
    """The exact network with filters for multipliers of 4 bits and for SP2, so many of these; layers that are added
    have them at the same places."""
    package, rng = element_package("sp2", exact_layers=True, seed=seed), np.random.default_rng(seed)
    chosen: dict[int, np.ndarray] = {}
    nodes = []
    for node in package.graph.nodes:
        if isinstance(node, (Conv2d, Linear)):
            out = len(node.weight)
            sp2 = chosen.setdefault(out, rng.random(out) < share)
            fixed = rng.integers(-8, 8, node.weight.shape)
            keep = sp2.reshape(-1, *[1] * (node.weight.ndim - 1))
            node = replace(node, weight=np.where(keep, node.weight, fixed), weight_bits=5, element=None)
        nodes.append(node)
    return replace(package, graph=replace(package.graph, name="mixed", nodes=tuple(nodes)))
