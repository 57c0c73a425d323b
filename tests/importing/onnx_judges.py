"""What onnxruntime and the executor of qonnx give for every tensor of a model, beside golden."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from t2c.golden.arithmetic.formats import IntArray
from t2c.importing.importer import Import

Tensors = Mapping[str, Any]


PRODUCTS = ("ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul")
"""Operators that multiply integers."""


@cache
def saturates() -> bool:
    """Whether onnxruntime adds two products of an unsigned and a signed byte in 16 bits, which saturate.

    It does so on x86 processors that have AVX2 and no VNNI, as its documentation says ("Quantize ONNX models")."""
    feed = {"x": np.full((1, 8), 255, np.uint8)}
    node = helper.make_node("MatMulInteger", ["x", "w"], ["y"])
    x = helper.make_tensor_value_info("x", TensorProto.UINT8, (1, 8))
    y = helper.make_tensor_value_info("y", TensorProto.INT32, (1, 8))
    graph = helper.make_graph([node], "probe", [x], [y], [numpy_helper.from_array(np.full((8, 8), 127, np.int8), "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return bool((_run(model, feed, ["y"])["y"] != 8 * 255 * 127).any())


def by_onnxruntime(model: ModelProto, feed: Tensors, names: list[str], *, optimised: bool = False) -> Tensors:
    """Tensors of a run, each made an output; without optimisation by default, as no kernel then stands for another."""
    if (optimised or any(node.op_type in PRODUCTS for node in model.graph.node)) and saturates():
        pytest.skip("onnxruntime saturates sums of products of bytes on this processor")
    return _run(model, feed, names, optimised=optimised)


def _run(model: ModelProto, feed: Tensors, names: list[str], *, optimised: bool = False) -> Tensors:
    import onnxruntime

    copy = type(model)()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in names)
    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, dict(feed)), strict=True))


def by_qonnx(model: ModelProto, feed: Tensors) -> Tensors:
    """All tensors of a run of qonnx's executor, which runs node by node."""
    import qonnx.core.onnx_exec as executor
    from qonnx.core.modelwrapper import ModelWrapper
    from qonnx.transformation.infer_shapes import InferShapes

    made = executor.qonnx_make_model

    def readable(*given: Any, **more: Any) -> Any:
        """Its models of single nodes get the newest IR version that onnx writes; onnxruntime may be behind that."""
        single = made(*given, **more)
        single.ir_version = 8
        return single

    executor.qonnx_make_model = readable
    try:
        found: Tensors = executor.execute_onnx(ModelWrapper(model).transform(InferShapes()), dict(feed), True)
    finally:
        executor.qonnx_make_model = made
    return found


def made_by_nodes(model: ModelProto, done: Import) -> list[str]:
    """Names of the file's tensors that edges hold and nodes make."""
    outputs = {name for node in model.graph.node for name in node.output}
    return [name for name in done.network.tensors if name in outputs]


def integers(done: Import, name: str, found: Any) -> IntArray:
    """A tensor of a judge as integers of its edge: itself, or what it stands for, which must be on the edge's grid."""
    edge = done.network.graph.edges[done.network.tensors[name].edge]
    values = np.asarray(found).reshape(len(found), -1)
    if values.dtype.kind in "iu":
        return values.astype(np.int64)
    steps = values.astype(np.float64) / edge.scale
    assert np.abs(steps - np.rint(steps)).max() < 1e-2, f"{name} is not on its grid"
    return np.rint(steps).astype(np.int64) + edge.zero_point


def golden_tensors(done: Import, inputs: IntArray) -> Mapping[str, IntArray]:
    """The file's tensors as golden has them, (N, elements) each."""
    values = done.network.graph.run(inputs)
    return {name: tensor.of(values[tensor.edge]) for name, tensor in done.network.tensors.items()}


def quantised_input(done: Import, reals: Any) -> IntArray:
    """What the file's first quantiser makes of float inputs."""
    edge = done.network.graph.edges[done.network.graph.input]
    levels = np.rint(np.asarray(reals, np.float32) / np.float32(edge.scale)) + edge.zero_point
    whole = np.clip(levels, edge.format.lo, edge.format.hi).astype(np.int64)
    placed = np.empty_like(flat := whole.reshape(len(whole), -1))
    placed[:, done.network.input.order] = flat
    return placed.reshape(-1, *edge.shape)


def judged(model: ModelProto, done: Import, feed: Any) -> dict[str, int]:
    """How many elements of each tensor differ; those of a tensor that differs go no further."""
    names = made_by_nodes(model, done)
    found = by_onnxruntime(model, {"x": feed}, names)
    kinds = {np.dtype(np.int8), np.dtype(np.uint8)}
    names = [name for name in names if found[name].dtype in kinds]
    inputs = feed.astype(np.int64) if feed.dtype.kind in "iu" else quantised_input(done, feed)
    ours = golden_tensors(done, inputs)
    assert names
    return {name: int((found[name].reshape(len(feed), -1) != ours[name]).sum()) for name in names}
