"""A graph as an ONNX model of standard integer operators; MulQuant is a model-local function of the same.

Convolutions and products are ConvInteger and MatMulInteger with both operands unsigned: weights are stored as
`w + 128` with a weight zero point of 128, and signed activations are moved by 128 on their way in. On processors
without a dot-product instruction onnxruntime multiplies unsigned by signed bytes through 16-bit sums that saturate
(255 * 127 + 255 * 127 becomes 32767); unsigned by unsigned it does not.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from t2c.exports.onnx_functions import DOMAIN, OPSET, functions_of
from t2c.exports.optional import need
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.codec import edge_to_json
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.max_pool2d import MaxPool2d

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

IR_VERSION = 8
"""The first with model-local functions."""

MAX_ACC_BITS = 32
"""ConvInteger and MatMulInteger give int32."""

OFFSET = 128
"""What turns a signed byte into an unsigned one."""


class _Builder:
    """Collects nodes and initialisers; names that golden does not know are `<node>.<part>`."""

    def __init__(self, graph: Graph) -> None:
        need("onnx", "onnx")
        from onnx import TensorProto, helper, numpy_helper

        self.graph, self.helper, self.numpy_helper, self.types = graph, helper, numpy_helper, TensorProto
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.unsigned: dict[str, str] = {}

    def name(self, node: Node, part: str) -> str:
        name = f"{node.name}.{part}"
        if name in self.graph.edges:
            raise UnsupportedError(f"node {node.name!r}: ONNX needs the name {name!r}, which an edge has")
        return name

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(self.helper.make_node(op, inputs, [output], name=f"{output}/{op}", **attributes))
        return output

    def constant(self, node: Node, part: str, values: Any) -> str:
        name = self.name(node, part)
        self.constants.append(self.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def dtype(self, edge: TensorSpec) -> int:
        return int(self.types.INT8 if edge.signed else self.types.UINT8)

    def value_info(self, name: str) -> ValueInfoProto:
        edge = self.graph.edges[name]
        return self.helper.make_tensor_value_info(name, self.dtype(edge), ["N", *edge.shape])

    def operand(self, node: Node, index: int, letter: str) -> tuple[str, str]:
        """Return (tensor, zero point) of an input as uint8; a signed edge is moved once for all its readers."""
        edge = self.graph.inputs_of(node)[index]
        zero_point = edge.zero_point + (OFFSET if edge.signed else 0)
        point = self.constant(node, f"{letter}_zero_point", np.uint8(zero_point))
        if not edge.signed:
            return edge.name, point
        if edge.name not in self.unsigned:
            wide = self.add("Cast", [edge.name], self.name(node, f"{letter}_wide"), to=self.types.INT32)
            offset = self.constant(node, f"{letter}_offset", np.int32(OFFSET))
            moved = self.add("Add", [wide, offset], self.name(node, f"{letter}_moved"))
            self.unsigned[edge.name] = self.add(
                "Cast", [moved], self.name(node, f"{letter}_unsigned"), to=self.types.UINT8
            )
        return self.unsigned[edge.name], point

    def weight(self, node: Conv2d | Linear) -> tuple[str, str]:
        values = node.weight.T if isinstance(node, Linear) else node.weight
        weight = self.constant(node, "weight", (values + OFFSET).astype(np.uint8))
        return weight, self.constant(node, "weight_zero_point", np.uint8(OFFSET))

    def requantise(self, node: AccumulatingNode, acc: str) -> None:
        quant, rank = node.mulquant, len(self.graph.edges[node.output].shape) + 1
        spread = [-1] + [1] * (rank - 2 if node.channel_axis == 1 else 0)
        parts = ("multiplier", "bias", "shift")
        constants = [self.constant(node, part, getattr(quant, part).reshape(spread)) for part in parts]
        self.call(node, quant, "MulQuant", [acc, *constants])

    def call(self, node: Node, stage: MulQuant | Any, kind: str, inputs: list[str], **attributes: int) -> None:
        numbers = {"zero_point": stage.zero_point, "lo": stage.lo, "hi": stage.hi}
        to = self.dtype(self.graph.edges[node.output])
        op = f"{kind}_{stage.rounding.value}"
        self.add(op, inputs, node.output, domain=DOMAIN, to=to, **numbers, **attributes)

    def node(self, node: Node) -> None:
        """Write one node.

        Raises:
            UnsupportedError: it cannot be expressed; the message names it.
        """
        inputs = self.graph.inputs_of(node)
        if isinstance(node, AccumulatingNode) and node.accumulator_bits(inputs) > MAX_ACC_BITS:
            bits = node.accumulator_bits(inputs)
            raise UnsupportedError(f"node {node.name!r}: its accumulator needs {bits} bits, ONNX's sums have 32")
        if isinstance(node, (Conv2d, AveragePool2d)):
            x, zero_point = self.operand(node, 0, "x")
            if isinstance(node, Conv2d):
                weight, point = self.weight(node)
                factors, groups = [x, weight, zero_point, point], node.groups
            else:
                groups = inputs[0].shape[0]
                ones = self.constant(node, "ones", np.ones((groups, 1, *node.kernel), np.uint8))
                factors = [x, ones, zero_point]
            window = _window(node.window)
            self.requantise(node, self.add("ConvInteger", factors, self.name(node, "acc"), group=groups, **window))
        elif isinstance(node, Linear):
            x, zero_point = self.operand(node, 0, "x")
            weight, point = self.weight(node)
            self.requantise(node, self.add("MatMulInteger", [x, weight, zero_point, point], self.name(node, "acc")))
        elif isinstance(node, Matmul):
            a, zero_point_a = self.operand(node, 0, "a")
            b, zero_point_b = self.operand(node, 1, "b")
            factors = [a, b, zero_point_a, zero_point_b]
            self.requantise(node, self.add("MatMulInteger", factors, self.name(node, "acc")))
        elif isinstance(node, Add):
            add = node.addquant
            constants = [
                self.constant(node, "multiplier", np.array([add.multiplier_a, add.multiplier_b], np.int64)),
                self.constant(node, "bias", np.int64(add.bias)),
                self.constant(node, "shift", np.int64(add.shift)),
            ]
            points = {"zero_point_a": inputs[0].zero_point, "zero_point_b": inputs[1].zero_point}
            self.call(node, add, "AddQuant", [*node.inputs, *constants], **points)
        elif isinstance(node, MaxPool2d):
            self.add("MaxPool", list(node.inputs), node.output, **_window(node.window))
        elif isinstance(node, Flatten):
            self.add("Flatten", list(node.inputs), node.output, axis=1)
        else:
            raise UnsupportedError(f"node {node.name!r}: {node.op} has no ONNX form here")


def _window(window: Window) -> dict[str, list[int]]:
    return {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": [*window.padding, *window.padding],
        "dilations": list(window.dilation),
    }


def onnx_model(graph: Graph, *, all_tensors: bool = False) -> ModelProto:
    """Return the graph as an ONNX model that computes the same integers.

    Args:
        graph: the network; all_tensors: every edge but the input is an output, not only the graph's own.

    Returns:
        A model whose tensors have golden's edge names, int8 (signed) or uint8, shape (N, *edge shape); the formats that
        are narrower than 8 bits, zero points and scales are metadata. Constants are `<node>.weight` (uint8, w + 128),
        `<node>.multiplier`, `.bias`, `.shift` (int64).

    Raises:
        UnsupportedError: a node that ONNX cannot express, such as an accumulator over 32 bits, or names that clash.
        ModuleNotFoundError: onnx is not installed.
    """
    builder = _Builder(graph)
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
    model = helper.make_model(
        body,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, 1)],
        functions=functions_of(graph.nodes),
        producer_name=DOMAIN,
    )
    formats = {name: edge_to_json(edge) for name, edge in graph.edges.items()}
    helper.set_model_props(model, {f"{DOMAIN}.edges": json.dumps(formats)})
    return model
