"""An ONNX file as plain values: nodes, constants, inputs, outputs; whatever no importer could read is refused here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from t2c.common.shown import MOST, plain, shown
from t2c.importing.errors import RefusedError

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

Array = npt.NDArray[Any]

DOMAINS = {
    "": (9, 28),
    "com.microsoft": (1, 1),
    "onnx.brevitas": (1, 2),
    "qonnx.custom_op.general": (1, 2),
    "finn.custom_op.general": (1, 1),
}
"""Domains with operators that are read, and their least and largest version."""
LARGEST_CONSTANT = 1 << 26
"""Elements."""
LARGEST_ACTIVATION, LARGEST_EXTENT = 1 << 22, (1 << 16) - 1
"""Elements of a tensor without the batch, and of one of its axes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxNode:
    """One operator. index: of the file's list; domain: "" for ONNX's own; version: of its domain;
    attributes: int, float, str, tuples of them, or arrays, by name."""

    index: int
    op: str
    domain: str
    version: int
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    @property
    def place(self) -> str:
        """What messages and reports call it."""
        name = f" {shown(self.name)}" if self.name else ""
        return f"node {self.index} ({plain(self.op, MOST)}{name})"


@dataclass(frozen=True, kw_only=True)
class OnnxInput:
    """An input of the graph. dtype: of its elements; shape: without the batch; batch: its extent, 0 if it is free."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    batch: int


@dataclass(frozen=True, kw_only=True, eq=False)
class OnnxFile:
    """A file's graph. constants: initialisers by name; datatypes: FINN's, by tensor; producer: who wrote it."""

    nodes: tuple[OnnxNode, ...]
    constants: Mapping[str, Array]
    input: OnnxInput
    outputs: tuple[str, ...]
    datatypes: Mapping[str, str]
    producer: str


def read_onnx(data: bytes) -> OnnxFile:
    """Read the bytes of an ONNX file.

    Raises:
        RefusedError: damaged, of unknown versions, with subgraphs, external data, sparse tensors or shapes that are not
            static; all reasons.
        ModuleNotFoundError: onnx is not installed.
    """
    import onnx

    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
    except Exception as error:  # protobuf's own, which need not be importable
        raise RefusedError([f"no ONNX file, or a damaged one: {shown(str(error))}"]) from error
    if not model.HasField("graph") or not model.graph.node:
        raise RefusedError(["no ONNX file: it holds no graph with operators"])
    reasons: list[str] = []
    versions = _versions(model, reasons)
    if model.functions:
        reasons.append(f"{len(model.functions)} functions of its own, such as {shown(_text(model.functions[0].name))}")
    graph = model.graph
    if graph.sparse_initializer:
        reasons.append("sparse initialisers")
    constants = _constants(graph, reasons)
    nodes = tuple(_node(index, node, versions, reasons) for index, node in enumerate(graph.node))
    inputs = [_input(info, reasons) for info in graph.input if _text(info.name) not in constants]
    if len(inputs) != 1:
        names = ", ".join(shown(each.name) for each in inputs if each) or "none"
        reasons.append(f"{len(inputs)} inputs ({names}); networks of one are imported")
    outputs = tuple(_text(info.name) for info in graph.output)
    if not outputs:
        reasons.append("no output")
    if reasons or inputs[0] is None:
        raise RefusedError(list(dict.fromkeys(reasons)))
    return OnnxFile(
        nodes=nodes,
        constants=constants,
        input=inputs[0],
        outputs=outputs,
        datatypes=_datatypes(graph),
        producer=_text(model.producer_name),
    )


def check_size(node: OnnxNode, shape: tuple[int, ...]) -> None:
    """Refuse a constant that a node would make larger than any is; raise RefusedError."""
    if math.prod(shape) > LARGEST_CONSTANT:
        raise RefusedError([f"{node.place}: a constant of {math.prod(shape)} elements"])


def is_too_large(shape: Sequence[int]) -> bool:
    """Whether an activation has more elements, or a longer axis, than any that is read."""
    return math.prod(shape) > LARGEST_ACTIVATION or max(shape, default=0) > LARGEST_EXTENT


def _text(value: Any) -> str:
    """A text of the file; protobuf gives bytes where they are no UTF-8."""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _domain(value: Any) -> str:
    return "" if _text(value) == "ai.onnx" else _text(value)


def _versions(model: ModelProto, reasons: list[str]) -> dict[str, int]:
    versions = {_domain(each.domain): each.version for each in model.opset_import}
    for domain, (least, most) in DOMAINS.items():
        version = versions.setdefault(domain, least if domain else 0)
        if not least <= version <= most:
            what = f"version {version} of the operators of {domain or 'ai.onnx'}"
            reasons.append(f"{what}; {least} to {most} are known")
    return versions


def _constants(graph: GraphProto, reasons: list[str]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for tensor in graph.initializer:
        name = _text(tensor.name)
        if name in found:
            reasons.append(f"tensor {shown(name)}: there twice")
        value = _array(tensor, f"tensor {shown(name)}", reasons)
        found[name] = np.zeros(()) if value is None else value
    return found


def _array(tensor: TensorProto, place: str, reasons: list[str]) -> Array | None:
    """A tensor's numbers; None, and a reason, if there are none."""
    from onnx import TensorProto, numpy_helper

    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        reasons.append(f"{place}: its numbers are in another file")
        return None
    extents = list(tensor.dims)
    if any(extent < 0 for extent in extents) or np.prod([float(extent) for extent in extents]) > LARGEST_CONSTANT:
        reasons.append(f"{place}: shape {shown(extents)}")
        return None
    try:
        value = numpy_helper.to_array(tensor)
    except (ValueError, KeyError, TypeError, OverflowError, NotImplementedError) as error:
        reasons.append(f"{place}: no tensor: {shown(str(error))}")
        return None
    if value.dtype.kind not in "iufb":  # also those of fewer than 8 bits, which NumPy has not
        try:
            value = value.astype(np.float32 if "float" in value.dtype.name else np.int64)
        except (TypeError, ValueError):
            reasons.append(f"{place}: of type {shown(value.dtype.name)}")
            return None
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        reasons.append(f"{place}: a number that is not finite")
        return None
    return np.asarray(value)


def _node(index: int, node: NodeProto, versions: Mapping[str, int], reasons: list[str]) -> OnnxNode:
    domain = _domain(node.domain)
    made = OnnxNode(
        index=index,
        op=_text(node.op_type),
        domain=domain,
        version=versions.get(domain, 0),
        name=_text(node.name),
        inputs=tuple(map(_text, node.input)),
        outputs=tuple(map(_text, node.output)),
        attributes={},
    )
    attributes = {}
    for each in node.attribute:
        name = _text(each.name)
        value = _attribute(each, f"{made.place}: attribute {shown(name)}", reasons)
        if value is not None:
            attributes[name] = value
    object.__setattr__(made, "attributes", attributes)
    return made


def _attribute(attribute: Any, place: str, reasons: list[str]) -> Any:
    from onnx import AttributeProto

    kinds = AttributeProto
    if attribute.type == kinds.INT:
        return int(attribute.i)
    if attribute.type == kinds.FLOAT:
        return float(attribute.f)
    if attribute.type == kinds.STRING:
        return attribute.s.decode(errors="replace")
    if attribute.type == kinds.INTS:
        return tuple(int(each) for each in attribute.ints)
    if attribute.type == kinds.FLOATS:
        return tuple(float(each) for each in attribute.floats)
    if attribute.type == kinds.STRINGS:
        return tuple(each.decode(errors="replace") for each in attribute.strings)
    if attribute.type == kinds.TENSOR:
        return _array(attribute.t, place, reasons)
    reasons.append(f"{place}: a subgraph or a kind of value that is not read")
    return None


def _input(info: ValueInfoProto, reasons: list[str]) -> OnnxInput | None:
    from onnx import helper

    name, tensor = _text(info.name), info.type.tensor_type
    place = f"input {shown(name)}"
    if not info.type.HasField("tensor_type") or not tensor.HasField("shape"):
        reasons.append(f"{place}: no tensor of a known shape")
        return None
    extents = [each.dim_value if each.HasField("dim_value") else 0 for each in tensor.shape.dim]
    if len(extents) < 2 or any(extent < 1 for extent in extents[1:]) or extents[0] < 0:
        names = [each.dim_value if each.HasField("dim_value") else _text(each.dim_param) for each in tensor.shape.dim]
        reasons.append(f"{place}: shape {shown(names)}; all but the first extent, the batch, are to be static")
        return None
    if is_too_large(extents[1:]):
        reasons.append(f"{place}: shape {shown(extents)} is larger than any that is read")
        return None
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    except (KeyError, TypeError, ValueError):
        reasons.append(f"{place}: elements of type {shown(tensor.elem_type)}")
        return None
    return OnnxInput(name=name, dtype=dtype, shape=tuple(extents[1:]), batch=extents[0])


def _datatypes(graph: GraphProto) -> dict[str, str]:
    """FINN's data types of tensors, such as BIPOLAR or INT2."""
    return {
        _text(each.tensor_name): _text(pair.value)
        for each in graph.quantization_annotation
        for pair in each.quant_parameter_tensor_names
        if pair.key == "finn_datatype"
    }
