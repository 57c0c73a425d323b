"""What writes a graph as ONNX, operator by operator, and the forms of single nodes, found by their operation.

Convolutions and products are ConvInteger and MatMulInteger with both operands unsigned: weights are stored as
`w + 128` with a weight zero point of 128, and signed activations are moved by 128 on their way in. On processors
without a dot-product instruction onnxruntime multiplies unsigned by signed bytes through 16-bit sums that saturate
(255 * 127 + 255 * 127 becomes 32767); unsigned by unsigned it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from t2c.common.registry import Registry
from t2c.exports.exact_products import demand_exact_products
from t2c.exports.onnx_functions import DOMAIN, REACH
from t2c.exports.optional import need
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, TensorSpec

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto, ValueInfoProto

MAX_ACC_BITS = 32
"""ConvInteger and MatMulInteger give int32."""

WIDEST_OPERAND = (1 << 17) - 1
"""The largest magnitude of an operand of an add around its zero point."""

OFFSET = 128
"""What turns a signed byte into an unsigned one."""


class OnnxBuilder:
    """Collects nodes and initialisers; names that golden does not know are `<node>.<part>`.

    graph: the network; helper, types: onnx.helper and onnx.TensorProto.
    """

    def __init__(self, graph: Graph) -> None:
        need("onnx", "onnx")
        from onnx import TensorProto, helper, numpy_helper

        self.graph, self.helper, self.numpy_helper, self.types = graph, helper, numpy_helper, TensorProto
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.calls: set[tuple[str, Rounding]] = set()
        self.roots: set[int] = set()
        self._unsigned: dict[str, str] = {}

    def name(self, node: Node, part: str) -> str:
        """The name of something that only ONNX has; raise UnsupportedError if an edge is called so."""
        name = f"{node.name}.{part}"
        if name in self.graph.edges:
            raise UnsupportedError(f"node {node.name!r}: ONNX needs the name {name!r}, which an edge has")
        return name

    def add(self, op: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Write an operator of one output and return the output's name."""
        self.nodes.append(self.helper.make_node(op, inputs, [output], name=f"{output}/{op}", **attributes))
        return output

    def constant(self, node: Node, part: str, values: Any) -> str:
        """Write an initialiser and return its name."""
        name = self.name(node, part)
        self.constants.append(self.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def dtype(self, edge: TensorSpec) -> int:
        """ONNX's type of an edge."""
        return int(self.helper.np_dtype_to_tensor_dtype(edge.dtype))

    def value_info(self, name: str) -> ValueInfoProto:
        """Type and shape of an edge."""
        edge = self.graph.edges[name]
        return self.helper.make_tensor_value_info(name, self.dtype(edge), ["N", *edge.shape])

    def operand(self, node: Node, index: int, letter: str) -> tuple[str, str]:
        """Return (tensor, zero point) of an input as uint8; a signed edge is moved once for all its readers."""
        edge = self.graph.inputs_of(node)[index]
        if edge.bits > MAX_OPERAND_BITS:
            raise UnsupportedError(f"node {node.name!r}: input of {edge.bits} bits; ONNX's integer sums take 8")
        zero_point = edge.zero_point + (OFFSET if edge.signed else 0)
        point = self.constant(node, f"{letter}_zero_point", np.uint8(zero_point))
        if not edge.signed:
            return edge.name, point
        if edge.name not in self._unsigned:
            wide = self.add("Cast", [edge.name], self.name(node, f"{letter}_wide"), to=self.types.INT32)
            offset = self.constant(node, f"{letter}_offset", np.int32(OFFSET))
            moved = self.add("Add", [wide, offset], self.name(node, f"{letter}_moved"))
            self._unsigned[edge.name] = self.add(
                "Cast", [moved], self.name(node, f"{letter}_unsigned"), to=self.types.UINT8
            )
        return self._unsigned[edge.name], point

    def wide(self, node: Node, index: int, letter: str) -> str:
        """Return an input as int64."""
        return self.add("Cast", [node.inputs[index]], self.name(node, f"{letter}_int64"), to=self.types.INT64)

    def weight(self, node: Node, values: IntArray) -> tuple[str, str]:
        """Return (tensor, zero point) of signed weights as uint8."""
        weight = self.constant(node, "weight", (values + OFFSET).astype(np.uint8))
        return weight, self.constant(node, "weight_zero_point", np.uint8(OFFSET))

    def requantise(self, node: AccumulatingNode, acc: str) -> None:
        """Write MulQuant from accumulators, int32 or int64, to the node's output."""
        quant, rank = node.mulquant, len(self.graph.edges[node.output].shape) + 1
        if quant.clip is not None:
            raise UnsupportedError(f"node {node.name!r}: bounds for each channel have no ONNX form here")
        self.check_reach(node, quant.largest(node.worst_accumulator(self.graph.inputs_of(node))))
        spread = [-1] + [1] * (rank - 2 if node.channel_axis == 1 else 0)
        parts = ("multiplier", "bias", "shift")
        constants = [self.constant(node, part, getattr(quant, part).reshape(spread)) for part in parts]
        self.call(node, quant, "MulQuant", [acc, *constants])

    def check_reach(self, node: Node, largest: int) -> None:
        """Refuse acc M + B of a magnitude that the functions do not compute in int64; raise UnsupportedError."""
        if largest > REACH:
            raise UnsupportedError(
                f"node {node.name!r}: acc M + B reaches {largest}, ONNX's integers of 64 bits round up to {REACH}"
            )

    def round_shift(self, node: Node, p: str, shift: str, mode: Rounding) -> str:
        """Call RoundShift of int64 tensors and return the result's name."""
        self.calls.add(("RoundShift", mode))
        return self.add(f"RoundShift_{mode.value}", [p, shift], self.name(node, "rounded"), domain=DOMAIN)

    def integer_root(self, node: Node, value: str, bits: int) -> str:
        """Call the integer root of a value below 2^(2 bits), int64, and return the result's name."""
        self.roots.add(bits)
        return self.add(f"IntegerRoot_{bits}", [value], self.name(node, "root"), domain=DOMAIN)

    def call(self, node: Node, stage: OutputStage, kind: str, inputs: list[str], **attributes: int) -> None:
        """Call MulQuant or AddQuant for the node's output."""
        self.calls.add((kind, stage.rounding))
        numbers = {"zero_point": stage.zero_point, "lo": stage.lo, "hi": stage.hi}
        to = self.dtype(self.graph.edges[node.output])
        op = f"{kind}_{stage.rounding.value}"
        self.add(op, inputs, node.output, domain=DOMAIN, to=to, **numbers, **attributes)

    def node(self, node: Node) -> None:
        """Write one node in the form that is registered for its operation.

        Raises:
            UnsupportedError: it cannot be expressed; the message names it.
        """
        bits = node.accumulator_bits(self.graph.inputs_of(node))
        if bits is not None and bits > MAX_ACC_BITS:
            raise UnsupportedError(f"node {node.name!r}: its accumulator needs {bits} bits, ONNX's sums have 32")
        demand_exact_products(node, "ONNX")
        form = ONNX_FORMS.find(node.op)
        if form is None:
            raise UnsupportedError(f"node {node.name!r}: {node.op} has no ONNX form here")
        form(node, self)


Form = TypeVar("Form", bound=Callable[[Any, OnnxBuilder], None])

ONNX_FORMS: Registry[Callable[[Any, OnnxBuilder], None]] = Registry("ONNX form of", "t2c.exports.onnx_forms")


def onnx_form(op: str) -> Callable[[Form], Form]:
    """Register a function (node, builder) that writes the nodes of an operation; its module imports no onnx."""
    return ONNX_FORMS(op)


def window_attributes(window: Window) -> dict[str, list[int]]:
    """Attributes of ONNX's convolutions and pools."""
    return {
        "kernel_shape": list(window.kernel),
        "strides": list(window.stride),
        "pads": [side for ends in zip(*window.pads, strict=True) for side in ends],
        "dilations": list(window.dilation),
    }
