"""Which memory depths would hold a network, for a message that says more than that the given ones do not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from t2c.contract.hardware import PARAMETERS, Hardware
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.mapping.compiler import ALL, compile_program

DEPTHS: dict[str, Any] = {entry.attribute: entry.high for entry in PARAMETERS if entry.attribute.endswith("_depth")}
"""The depths of `Hardware`, each with its largest value."""


def fitting_depths(graph: Graph, hardware: Hardware) -> dict[str, int]:
    """What to raise the depths to, powers of two, so that the network fits; empty if no depth helps.

    The other depths stay as they are; each is raised no further than it must.
    """
    best = replace(hardware, **DEPTHS)
    if not _fits(graph, best):
        return {}
    raised: dict[str, int] = {}
    for name, limit in DEPTHS.items():
        depth = getattr(hardware, name)
        while not _fits(graph, replace(best, **{name: depth})):
            depth = min(1 << depth.bit_length(), limit)
            raised[name] = depth
        best = replace(best, **{name: depth})
    return raised


def _fits(graph: Graph, hardware: Hardware) -> bool:
    try:
        compile_program(graph, ALL, hardware)
    except (UnsupportedError, RangeError):
        return False
    return True
