"""Proof that the bytes of an ONNX file are golden's network: structure, types, constants, every tensor in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from t2c.errors import ExportError
from t2c.exports.compare import require_equal
from t2c.exports.onnx_builder import OFFSET
from t2c.exports.optional import need
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError, UnsupportedError
from t2c.golden.graph.graph import Graph

if TYPE_CHECKING:
    from onnx import ModelProto

EXTRA = "onnx"

TYPES = ("INT8", "UINT8", "INT16", "UINT16", "INT32", "INT64", "UINT64", "BOOL")
"""Of the tensors that a model may have."""
BATCH = 1 << 20
"""Activations of a batch that are held at once."""


def check_onnx(data: bytes, graph: Graph, images: IntArray) -> int:
    """Read an ONNX model and compare it with golden.

    It must pass ONNX's checker with strict shape inference; no tensor of it, inside its functions too, may be other
    than an integer or a bool; its constants must be golden's; and onnxruntime must give golden's integers on every
    tensor of every image, with graph optimisations and without.

    Args:
        data: the file; graph: golden's; images: int64 (N, *input shape).

    Returns:
        Number of activation integers compared.

    Raises:
        ExportError: a difference; the message names the tensor, the coordinate and both values.
        PackageError: not an ONNX file.
        UnsupportedError: onnx or onnxruntime is not installed, or onnxruntime refuses the model.
    """
    onnx = need("onnx", EXTRA)
    need("onnxruntime", EXTRA)
    try:
        model = onnx.load_from_string(data)
    except Exception as error:  # protobuf's own, which need not be importable
        raise PackageError(f"onnx: not a model: {error}") from error
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"onnx.checker: {error}") from error
    check_types(model)
    _check_constants(model, graph)
    return sum(_run(expose(model), graph, images, optimised) for optimised in (False, True))


def check_types(model: ModelProto) -> None:
    """Refuse a model with a tensor of a float type, or any but those of `TYPES`; functions are inlined.

    Raises:
        ExportError: another type, or one that cannot be inferred; the message names the tensor.
    """
    import onnx.inliner

    allowed = {onnx.TensorProto.DataType.Value(name) for name in TYPES}
    flat = onnx.shape_inference.infer_shapes(onnx.inliner.inline_local_functions(model), strict_mode=True)
    infos = [*flat.graph.input, *flat.graph.value_info, *flat.graph.output]
    types = {info.name: info.type.tensor_type.elem_type for info in infos}
    types |= {tensor.name: tensor.data_type for tensor in flat.graph.initializer}
    for node in flat.graph.node:
        for name in (*node.input, *node.output):
            if types.get(name) not in allowed:
                raise ExportError(f"onnx: {node.op_type} has tensor {name!r} that is not known to be an integer")


def expose(model: ModelProto) -> bytes:
    """Return the model with every tensor that has golden's name as an output."""
    copy = type(model)()
    copy.CopyFrom(model)
    known = {info.name for info in copy.graph.output}
    copy.graph.output.extend(info for info in copy.graph.value_info if info.name not in known)
    del copy.graph.value_info[:]
    return bytes(copy.SerializeToString())


def _check_constants(model: ModelProto, graph: Graph) -> None:
    from onnx import numpy_helper

    held = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    for node in graph.nodes:
        for constant in node.constants:
            name = f"{node.name}.{constant.name}"
            if name not in held:
                raise ExportError(f"onnx: constant {name!r} is missing")
            values = held[name].astype(np.int64)
            if constant.storage.packed:
                values = (values.T if values.ndim == 2 else values) - OFFSET
            require_equal(f"onnx: constant {name!r}", values.reshape(constant.values.shape), constant.values)


def _run(data: bytes, graph: Graph, images: IntArray, optimised: bool) -> int:
    """Run batch by batch and compare in the order of the graph, so that the first layer that differs is named."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no base class of their own
        raise UnsupportedError(f"onnxruntime {onnxruntime.__version__} refuses the model: {error}") from error
    names = [node.output for node in graph.nodes]
    missing = set(names) - {output.name for output in session.get_outputs()}
    if missing:
        raise ExportError(f"onnx: tensors {sorted(missing)} are missing")
    dtype = graph.edges[graph.input].dtype
    batch = max(1, BATCH // sum(int(np.prod(edge.shape)) for edge in graph.edges.values()))
    compared = 0
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        golden = graph.run(part)
        results = session.run(names, {graph.input: part.astype(dtype)})
        for name, actual in zip(names, results, strict=True):
            compared += require_equal(f"onnx: tensor {name!r}", actual, golden[name], first=start)
    return compared
