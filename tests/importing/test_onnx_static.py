"""What onnxruntime's own quantize_static writes: QLinear operators, and the same network as QDQ, read alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from t2c.contract.hardware import Hardware
from t2c.golden.graph.codec import edge_to_json, node_to_json
from t2c.golden.graph.graph import Graph
from t2c.importing.importer import Import
from t2c.mapping.compiler import ALL, compile_program
from tests.core_model.running import run_and_hold_to_golden
from tests.importing.onnx_judges import by_onnxruntime, golden_tensors, made_by_nodes, quantised_input
from tests.importing.onnx_nets import Net, imported

SHAPE = (3, 12, 12)


def float_model() -> onnx.ModelProto:
    """conv, relu, conv, their sum, relu, max pooling, average over the map, Gemm."""
    rng = np.random.default_rng(4)
    net = Net(SHAPE)

    def conv(source: str, name: str, o: int, i: int, k: int) -> str:
        weight = net.hold(rng.normal(size=(o, i, k, k)) / np.sqrt(i * k * k))
        return net.add("Conv", source, weight, net.hold(rng.normal(size=o) * 0.2), name=name, pads=[k // 2] * 4)

    first = net.add("Relu", conv("x", "conv1", 8, 3, 3), name="relu1")
    second = conv(first, "conv2", 8, 8, 3)
    both = net.add("Relu", net.add("Add", first, second, name="sum"), name="relu2")
    peak = net.add("MaxPool", both, name="peak", kernel_shape=[2, 2], strides=[2, 2])
    mean = net.add("GlobalAveragePool", peak, name="mean")
    flat = net.add("Flatten", mean, name="flat")
    net.add("Gemm", flat, net.hold(rng.normal(size=(10, 8))), net.hold(rng.normal(size=10)), name="y", transB=1)
    return onnx.shape_inference.infer_shapes(net.model())


class Calibration(CalibrationDataReader):
    """Seeded normal inputs."""

    def __init__(self) -> None:
        rng = np.random.default_rng(9)
        self.left: Iterator[Any] = iter([{"x": rng.normal(size=(1, *SHAPE)).astype(np.float32)} for _ in range(16)])

    def get_next(self) -> Any:
        return next(self.left, None)


def quantised(folder: Path, form: QuantFormat, *, signed: bool) -> onnx.ModelProto:
    kind = QuantType.QInt8 if signed else QuantType.QUInt8
    onnx.save(float_model(), folder / "float.onnx")
    quantize_static(
        folder / "float.onnx",
        folder / "static.onnx",
        Calibration(),
        quant_format=form,
        per_channel=True,
        activation_type=kind,
        weight_type=QuantType.QInt8,
    )
    return onnx.load(folder / "static.onnx")


@pytest.mark.parametrize("signed", [False, True])
def test_qlinear_operators_equal_onnxruntime(signed: bool, tmp_path: Path) -> None:
    model = quantised(tmp_path, QuantFormat.QOperator, signed=signed)
    done = imported(model, tmp_path)
    reals = np.random.default_rng(1).normal(size=(64, *SHAPE)).astype(np.float32)
    names = made_by_nodes(model, done)
    found = by_onnxruntime(model, {"x": reals}, names)
    ours = golden_tensors(done, quantised_input(done, reals))
    names = [name for name in names if found[name].dtype in (np.dtype(np.int8), np.dtype(np.uint8))]
    assert len(names) >= 7
    wrong = {name: int((found[name].reshape(64, -1) != ours[name]).sum()) for name in names}
    assert set(wrong.values()) == {0}, (wrong, done.lines)


def test_on_the_model_of_the_core(tmp_path: Path) -> None:
    """Every tensor of the whole program, as golden has it."""
    package = imported(quantised(tmp_path, QuantFormat.QOperator, signed=True), tmp_path, images=2).package
    widths = package.graph.widths
    core = Hardware(rows=8, cols=8, acc_w=widths.acc, scale_w=widths.scale, bias_w=widths.bias)
    run_and_hold_to_golden(package, compile_program(package.graph, ALL, core))


def content(graph: Graph) -> Any:
    """All of a graph but names."""
    numbers = {name: index for index, name in enumerate(graph.edges)}
    nodes = []
    for node in graph.nodes:
        tensors: dict[str, Any] = {}
        data = node_to_json(node, tensors)
        del data["name"]
        data |= {"inputs": [numbers[name] for name in node.inputs], "output": numbers[node.output]}
        arrays = {key.rpartition(".")[2]: values.tolist() for key, values in tensors.items()}
        nodes.append((str(data).replace(node.name, ""), arrays))
    return nodes, [edge_to_json(edge) for edge in graph.edges.values()], graph.widths


@pytest.mark.parametrize("signed", [False, True])
def test_qdq_is_read_as_qlinear_operators(signed: bool, tmp_path: Path) -> None:
    """The same network in both forms becomes the same integers, layer by layer."""
    done: dict[QuantFormat, Import] = {}
    for form in (QuantFormat.QOperator, QuantFormat.QDQ):
        done[form] = imported(quantised(tmp_path, form, signed=signed), tmp_path)
    kinds = {form: [node.op for node in each.network.graph.nodes] for form, each in done.items()}
    assert kinds[QuantFormat.QDQ] == kinds[QuantFormat.QOperator]
    assert content(done[QuantFormat.QDQ].network.graph) == content(done[QuantFormat.QOperator].network.graph)
