"""Where each node of an imported network runs: asked of the compiler, node by node."""

from __future__ import annotations

from collections.abc import Mapping

from t2c.contract.hardware import Hardware
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.mapping.compiler import compile_program
from t2c.mapping.host_tail import without_tail
from t2c.mapping.lower import hardware_fields

CORE, HOST = "core", "host"


def where_nodes_run(graph: Graph) -> Mapping[str, str]:
    """By node: "core", "host" of layers at the end that leave the core's width, or why a core of 16 x 16 with the
    package's widths and the usual memories does not run it."""
    try:
        hardware = Hardware(**hardware_fields(graph, 16, 16, {"acc_w": graph.widths.acc}))
    except RangeError as error:
        return {node.name: f"not on the core: {error}" for node in graph.nodes}
    _, tail = without_tail(graph, hardware.x_w)
    return {node.name: HOST if node in tail else _where(graph, node.name, hardware) for node in graph.nodes}


def _where(graph: Graph, name: str, hardware: Hardware) -> str:
    if not graph.node(name).moves_data:
        return CORE  # a view: whoever reads it next strides differently
    try:
        compile_program(graph, name, hardware)
    except (UnsupportedError, RangeError) as error:
        return f"not on the core: {error}"
    return CORE
