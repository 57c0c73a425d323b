"""A graph as an ONNX model of standard integer operators; MulQuant is a model-local function of the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from t2c.exports.onnx_builder import OnnxBuilder
from t2c.exports.onnx_functions import DOMAIN, OPSET, functions_of
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.codec import edge_to_json
from t2c.golden.graph.graph import Graph

if TYPE_CHECKING:
    from onnx import ModelProto

IR_VERSION = 8
"""The first with model-local functions."""


def onnx_model(graph: Graph, *, all_tensors: bool = False) -> ModelProto:
    """Return the graph as an ONNX model that computes the same integers.

    Args:
        graph: the network; all_tensors: every edge but the input is an output, not only the graph's own.

    Returns:
        A model whose tensors have golden's edge names, shape (N, *edge shape), int8 (signed) or uint8, above 8 bits
        int16 or uint16; narrower formats, zero points and scales are metadata. Constants are `<node>.weight` (uint8,
        w + 128), `<node>.multiplier`, `.bias`, `.shift` (int64).

    Raises:
        UnsupportedError: a node that ONNX cannot express, such as an accumulator over 32 bits, or names that clash.
        ModuleNotFoundError: onnx is not installed.
    """
    builder = OnnxBuilder(graph)
    if "" in graph.edges:
        raise UnsupportedError("an edge without a name means 'no tensor' in ONNX")
    for node in graph.nodes:
        builder.node(node)
    edges = [node.output for node in graph.nodes]
    outputs = edges if all_tensors else [graph.output]
    helper = builder.helper
    body = helper.make_graph(
        builder.nodes,
        graph.name,
        [builder.value_info(graph.input)],
        [builder.value_info(name) for name in outputs],
        builder.constants,
        value_info=[builder.value_info(name) for name in edges if name not in outputs],
    )
    model: ModelProto = helper.make_model(
        body,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
        functions=functions_of(builder.calls, builder.roots),
        producer_name=DOMAIN,
    )
    formats = {name: edge_to_json(edge) for name, edge in graph.edges.items()}
    helper.set_model_props(model, {f"{DOMAIN}.edges": json.dumps(formats)})
    return model
