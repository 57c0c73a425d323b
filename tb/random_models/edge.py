"""What an edge package is, and all of them by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from t2c.contract.hardware import Hardware
from t2c.golden.graph.node_space import AXES
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL
from t2c.tb.random_models.edge_net import EdgeNet


@dataclass(frozen=True, kw_only=True)
class Edge:
    """An edge package. make: for some hardware; layer, images: the run; small: fits memories of a few words and ends
    soon; on: the only variant that it is for, if any; reaches: what it is for, a phrase."""

    name: str
    make: Callable[[Hardware], Package]
    reaches: str
    layer: str = ALL
    images: int = 1
    small: bool = False
    on: str = ""


EDGES: dict[str, Edge] = {}
"""By name; `t2c.tb.random_models.edges` fills it."""


def edge(
    reaches: str, *, layer: str = ALL, images: int = 1, small: bool = False, on: str = ""
) -> Callable[[Callable[[Hardware], Package]], None]:
    """Register a function as an edge package of its name."""

    def register(make: Callable[[Hardware], Package]) -> None:
        name = make.__name__.strip("_").replace("_", "-")
        EDGES[name] = Edge(name=name, make=make, reaches=reaches, layer=layer, images=images, small=small, on=on)

    return register


def pair(axis: int, value: int, other: int = 1) -> tuple[int, int]:
    """(vertical, horizontal) with a value on one axis."""
    return (value, other) if axis == 0 else (other, value)


def along(name: str, reaches: str, make: Callable[[EdgeNet, int], None], length: int) -> None:
    """Register a package for either axis: layers on a map of that length along it, one pixel across."""
    for axis, word in enumerate(AXES):

        def made(hardware: Hardware, axis: int = axis, word: str = word) -> Package:
            net = EdgeNet(hardware, (1, *pair(axis, length)), zero_point=9)
            make(net, axis)
            return net.package(f"edge-{name}-{word}")

        full = f"{name}-{word}"
        EDGES[full] = Edge(name=full, make=made, reaches=f"{reaches}, {word}")
