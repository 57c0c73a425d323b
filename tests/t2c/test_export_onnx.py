"""The ONNX export: onnxruntime gives golden's integers on every tensor, by integer operators alone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from export_graphs import adds_graph, edge, linear_graph, rounding_graph
from onnx import helper, numpy_helper

from t2c.contract.hardware import Hardware
from t2c.errors import ExportError
from t2c.exports.compare import check_images
from t2c.exports.onnx_check import check_onnx, check_types
from t2c.exports.onnx_model import onnx_model
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, load_package
from t2c.tb.random_models.edges import EDGES
from tests.core_net import core_package
from tests.every_op import every_op_package


def exported(graph: Graph) -> bytes:
    return onnx_model(graph).SerializeToString()


def activations(graph: Graph) -> int:
    """Values of one image that both runs compare."""
    return sum(int(np.prod(edge.shape)) for name, edge in graph.edges.items() if name != graph.input)


def check(package: Package, samples: int = 3) -> None:
    images = check_images(package.graph, package.samples, samples)
    compared = check_onnx(exported(package.graph), package.graph, images)
    assert compared == 2 * len(images) * activations(package.graph)


@pytest.mark.parametrize("seed", range(4))
def test_every_operation_and_rounding_mode(seed: int) -> None:
    package = every_op_package(seed)
    assert {node.op for node in package.graph.nodes} >= {"matmul", "average_pool2d", "max_pool2d", "conv2d", "flatten"}
    check(package)
    check(core_package(seed, samples=4))


@pytest.mark.parametrize(
    ("name", "samples"), [("digits_w8a8", 8), ("digits_w4a4", 8), ("resnet20", 2), ("mobilenet_v1", 1)]
)
def test_the_packages_that_ship(name: str, samples: int, examples: Path) -> None:
    check(load_package(examples / name), samples)


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", Rounding)
@pytest.mark.parametrize("make", [rounding_graph, adds_graph])
def test_every_shift_on_and_beside_ties(mode: Rounding, make: Callable[[Rounding], Graph]) -> None:
    graph = make(mode)
    x = graph.edges["x"]
    images = np.repeat(np.arange(x.format.lo, x.format.hi + 1), x.shape[0]).reshape(-1, x.shape[0])
    images[:, -1] = images[::-1, -1]
    check_onnx(exported(graph), graph, images)


def test_the_modes_of_the_test_above_differ() -> None:
    for make in (rounding_graph, adds_graph):
        results = []
        for mode in Rounding:
            values = make(mode).run(np.repeat(np.arange(-128, 128)[:, None], make(mode).edges["x"].shape[0], axis=1))
            results.append(np.concatenate([values[name] for name in sorted(values) if name != "x"], axis=1))
        for a in range(len(results)):
            for b in range(a):
                assert (results[a] != results[b]).any()


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("k", [2, 3, 64, 65793])
def test_sums_of_extreme_products_do_not_saturate(k: int, signed: bool) -> None:
    """255 x -128, up to the largest sum that 32 bits hold; pairs of such products overflow 16 bits."""
    x, y = edge("x", k, signed=signed), edge("y", 3)
    weight = np.stack([np.full(k, -128), np.full(k, 127), np.where(np.arange(k) % 2, 127, -128)])
    shift = (k * 255 * 128).bit_length() - 7
    graph = linear_graph(x, y, weight, [1] * 3, [0] * 3, [shift] * 3)
    images = np.stack([np.full(k, x.format.lo), np.full(k, x.format.hi)])
    check_onnx(exported(graph), graph, images)


def test_padding_that_differs_from_side_to_side() -> None:
    package = EDGES["sides"].make(Hardware(rows=8, cols=8))
    assert sum(len(node.window.padding) == 4 for node in package.graph.nodes if node.window) >= 16
    check(package, 1)


def test_acc_m_plus_b_beyond_what_int64_rounds_is_refused() -> None:
    x, y = edge("x", 1), edge("y", 1)
    widths = Widths(acc=32, scale=32, bias=64)
    largest = (1 << 61) - (1 << 31)
    for over in (0, 1):
        graph = linear_graph(x, y, [[1]], [1], [largest - 128 + over], [63], widths=widths)
        if not over:
            check_onnx(exported(graph), graph, np.array([[-128], [127]]))
            continue
        text = f"node 'fc': acc M \\+ B reaches {largest + 1}, ONNX's integers of 64 bits round up to {largest}$"
        with pytest.raises(UnsupportedError, match=text):
            onnx_model(graph)


def test_an_accumulator_over_32_bits_is_refused() -> None:
    k = 65794  # one product more than above
    graph = linear_graph(
        edge("x", k, signed=False), edge("y", 1), np.full((1, k), -128), [1], [0], [40], widths=Widths(acc=40)
    )
    with pytest.raises(UnsupportedError, match="node 'fc': its accumulator needs 33 bits"):
        onnx_model(graph)


def test_a_wide_accumulator_that_needs_less_is_served() -> None:
    graph = linear_graph(edge("x", 2), edge("y", 1), [[3, -5]], [77], [12345], [7], widths=Widths(acc=40))
    check_onnx(exported(graph), graph, np.array([[-128, 127], [127, -128], [1, 2]]))


def test_names_that_clash_are_refused() -> None:
    graph = linear_graph(edge("fc.weight", 1), edge("y", 1), [[1]], [1], [0], [0])
    with pytest.raises(UnsupportedError, match=r"node 'fc': ONNX needs the name 'fc\.weight'"):
        onnx_model(graph)


def test_structure() -> None:
    package = every_op_package()
    graph, model = package.graph, onnx_model(package.graph)
    modes = {node.stage.rounding for node in graph.nodes if node.stage}
    assert len(modes) >= 4
    assert {opset.domain for opset in model.opset_import} == {"", "torch2chip"}
    assert {function.name for function in model.functions} == {
        *(f"RoundShift_{mode}" for mode in modes),
        *(f"MulQuant_{mode}" for mode in modes),
        "AddQuant_half_away",
    }
    assert [output.name for output in model.graph.output] == ["y"]
    full = onnx_model(graph, all_tensors=True)
    assert {output.name for output in full.graph.output} == set(graph.edges) - {"x"}
    types = {info.name: info.type.tensor_type for info in [*full.graph.input, *full.graph.output]}
    for name, item in graph.edges.items():
        wanted = onnx.TensorProto.INT8 if item.signed else onnx.TensorProto.UINT8
        assert types[name].elem_type == wanted
        assert [d.dim_value or d.dim_param for d in types[name].shape.dim] == ["N", *item.shape]
    assert exported(graph) == exported(every_op_package().graph)


def tampered(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """One bit of one element of one constant."""
    for tensor in model.graph.initializer:
        if tensor.name == name:
            values = numpy_helper.to_array(tensor).copy()
            values.reshape(-1)[-1] ^= 1
            tensor.CopyFrom(numpy_helper.from_array(values, name))
            return model
    raise KeyError(name)


@pytest.mark.parametrize("constant", ["left.weight", "mean.multiplier", "fc.bias", "right.shift", "sum.multiplier"])
def test_a_wrong_constant_is_caught(constant: str) -> None:
    package = every_op_package()
    data = tampered(onnx_model(package.graph), constant).SerializeToString()
    with pytest.raises(ExportError, match=rf"constant '{constant}' at "):
        check_onnx(data, package.graph, package.samples)


@pytest.mark.parametrize(
    ("constant", "tensor"),
    [("left.x_zero_point", "left"), ("mean.ones", "mean"), ("product.b_zero_point", "product"), ("fc.x_offset", "y")],
)
def test_a_wrong_number_that_is_not_golden_s_own_shows_in_a_tensor(constant: str, tensor: str) -> None:
    package = every_op_package()
    data = tampered(onnx_model(package.graph), constant).SerializeToString()
    with pytest.raises(ExportError, match=rf"onnx: tensor '{tensor}' at \(\d, .*\): -?\d+, golden -?\d+"):
        check_onnx(data, package.graph, package.samples)


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("RoundShift_half_up", "Less", "LessOrEqual"),
        ("RoundShift_half_even", "Or", "And"),
        ("RoundShift_half_away", "And", "Or"),
        ("RoundShift_floor", "Sub", "Add"),
        ("MulQuant_half_up", "Greater", "Less"),
    ],
)
def test_a_wrong_function_is_caught(function: str, old: str, new: str) -> None:
    mode = function.removeprefix("RoundShift_").removeprefix("MulQuant_")
    graph = rounding_graph(Rounding.parse(mode))
    model = onnx_model(graph)
    (body,) = [f for f in model.functions if f.name == function]
    (node,) = [node for node in body.node if node.op_type == old][:1]
    node.op_type = new
    with pytest.raises(ExportError, match="tensor 'y'"):
        check_onnx(model.SerializeToString(), graph, np.arange(-128, 128)[:, None])


def test_a_float_operator_is_caught_even_if_the_integers_are_right() -> None:
    graph = linear_graph(edge("x", 2), edge("y", 1), [[3, -5]], [77], [12345], [7])
    model = onnx_model(graph)
    (body,) = [f for f in model.functions if f.name == "MulQuant_half_up"]
    wide = next(node for node in body.node if node.output[0] == "wide")
    wide.output[0] = "real"
    wide.attribute[0].i = onnx.TensorProto.DOUBLE
    body.node.insert(list(body.node).index(wide) + 1, helper.make_node("Cast", ["real"], ["wide"], to=7))
    onnx.checker.check_model(model, full_check=True)
    with pytest.raises(ExportError, match="not known to be an integer"):
        check_types(model)
    with pytest.raises(ExportError, match="not known to be an integer"):
        check_onnx(model.SerializeToString(), graph, np.array([[1, 2]]))


def test_a_malformed_model_is_caught() -> None:
    package = every_op_package()
    model = onnx_model(package.graph)
    del model.graph.node[3]
    with pytest.raises(ExportError, match=r"onnx\.checker"):
        check_onnx(model.SerializeToString(), package.graph, package.samples)


def test_a_network_of_another_shape_is_caught() -> None:
    package = every_op_package()
    model = onnx_model(package.graph)
    (pool,) = [node for node in model.graph.node if node.op_type == "MaxPool"]
    pool.attribute.remove(next(a for a in pool.attribute if a.name == "dilations"))
    with pytest.raises(ExportError, match="onnx"):
        check_onnx(model.SerializeToString(), package.graph, package.samples)


@pytest.mark.parametrize("module", ["onnx", "onnxruntime"])
def test_what_is_not_installed_is_one_line(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    package = every_op_package()
    data = exported(package.graph)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UnsupportedError, match=rf"{module} is not installed; try: pip install 'torch2chip-cosim\[onnx"):
        check_onnx(data, package.graph, package.samples)


def test_narrow_edges_travel_as_bytes_with_their_format_beside() -> None:
    x = replace(edge("x", 2), bits=3, zero_point=-4)
    graph = linear_graph(x, edge("y", 2, bits=2, signed=False), np.eye(2, dtype=int), [1, 1], [0, 0], [1, 1])
    model = onnx_model(graph)
    (metadata,) = [item.value for item in model.metadata_props if item.key == "torch2chip.edges"]
    assert '"x": {"shape": [2], "bits": 3, "signed": true, "zero_point": -4' in metadata
    check_onnx(model.SerializeToString(), graph, np.array([[-4, 3], [0, 1]]))
