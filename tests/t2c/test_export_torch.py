"""The PyTorch exports: an integer state dict that is golden's graph, and native modules as near as they can be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from export_graphs import edge, linear_graph

from t2c.contract.hardware import Hardware
from t2c.errors import ExportError
from t2c.exports import native_check
from t2c.exports.compare import check_images
from t2c.exports.native import module_of, native_network, quiet, to_native
from t2c.exports.native_check import (
    bound,
    can_run,
    check_native,
    deviations,
    native_bytes,
    quantized_engine,
    read_native,
)
from t2c.exports.state_dict import check_state_dict, integer_state, read_state_dict, state_dict_bytes, torch_dtype
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import PackageError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, load_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.tb.random_models.edges import EDGES
from tests.core_net import core_package
from tests.every_op import every_op_package

needs_engine = pytest.mark.skipif(not can_run(), reason="this torch has no QNNPACK")


def rewritten(data: bytes, change: Any) -> bytes:
    """The file with its record changed in place."""
    buffer = io.BytesIO()
    with quiet():
        record = torch.load(io.BytesIO(data), weights_only=True)
        change(record)
        torch.save(record, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def digits(examples: Path) -> Package:
    return load_package(examples / "digits_w8a8")


@pytest.mark.parametrize("make", [every_op_package, core_package])
def test_state_dict_is_the_graph(make: Any) -> None:
    package = make()
    data = state_dict_bytes(package.graph)
    assert check_state_dict(data, package.graph) == sum(t.numel() for t in integer_state(package.graph).values())
    graph, _ = read_state_dict(data)
    wanted = package.graph.run(package.samples)
    for name, values in graph.run(package.samples).items():
        np.testing.assert_array_equal(values, wanted[name])


def test_state_dict_loads_without_this_project(digits: Package) -> None:
    record = torch.load(io.BytesIO(state_dict_bytes(digits.graph)), weights_only=True)
    state = record["state_dict"]
    types = {name: state[f"conv2.{name}"].dtype for name in ("weight", "multiplier", "bias", "shift")}
    assert types == {"weight": torch.int8, "multiplier": torch.int16, "bias": torch.int64, "shift": torch.uint8}
    np.testing.assert_array_equal(state["conv2.weight"].numpy(), digits.graph.node("conv2").weight)
    assert record["formats"]["conv2.bias"] == {"bits": 40, "signed": True, "axes": "O"}
    assert set(record["formats"]) == set(state)
    add = digits.graph.node("add").addquant
    assert state["add.multiplier"].tolist() == [add.multiplier_a, add.multiplier_b]


def test_narrowest_types() -> None:
    table = {(2, True): torch.int8, (8, False): torch.uint8, (9, False): torch.int16, (16, False): torch.int32}
    table |= {(9, True): torch.int16, (17, True): torch.int32, (33, True): torch.int64}
    assert {key: torch_dtype(*key) for key in table} == table


def flip(record: dict[str, Any]) -> None:
    record["state_dict"]["add.multiplier"][1] += 1


def flip_weight(record: dict[str, Any]) -> None:
    record["state_dict"]["conv1.weight"][0, 0, 0, 0] ^= 1


def widen(record: dict[str, Any]) -> None:
    record["state_dict"]["fc.shift"] = record["state_dict"]["fc.shift"].to(torch.int32)


def move(record: dict[str, Any]) -> None:
    record["edges"]["conv1"]["scale"] *= 2


def drop(record: dict[str, Any]) -> None:
    del record["state_dict"]["add.shift"]


def stride(record: dict[str, Any]) -> None:
    record["name"] = "other"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (flip, r"tensor 'add\.multiplier' differs"),
        (flip_weight, r"tensor 'conv1\.weight' differs"),
        (widen, r"tensor 'fc\.shift' differs"),
        (move, "field 'edges' differs"),
        (drop, r"tensors \['add\.shift'\] exist on one side only"),
        (stride, "field 'name' differs"),
    ],
)
def test_a_state_dict_that_differs_is_caught(change: Any, message: str, digits: Package) -> None:
    data = rewritten(state_dict_bytes(digits.graph), change)
    with pytest.raises(ExportError, match=message):
        check_state_dict(data, digits.graph)


@pytest.mark.parametrize("read", [read_state_dict, lambda data: read_native(data, every_op_package().graph)])
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 not a zip", state_dict_bytes(every_op_package().graph)[:-700]])
def test_a_damaged_file_is_one_error(read: Any, data: bytes) -> None:
    with pytest.raises(PackageError):
        read(data)


def test_another_file_is_refused(digits: Package) -> None:
    with pytest.raises(PackageError, match="not a torch2chip-integers file"):
        read_state_dict(native_bytes(every_op_package().graph))
    with pytest.raises(PackageError, match="not a torch2chip-native file"):
        read_native(state_dict_bytes(digits.graph), digits.graph)


@needs_engine
@pytest.mark.parametrize("name", ["digits_w8a8", "resnet20"])
def test_native_layers_are_at_most_one_step_from_golden(name: str, examples: Path) -> None:
    package = load_package(examples / name)
    images = check_images(package.graph, package.samples, 2)
    found = check_native(native_bytes(package.graph), package.graph, images)
    assert list(found) == [node.name for node in package.graph.nodes]
    assert all(item.largest <= 1 for item in found.values())
    assert 0 < sum(item.different for item in found.values()) < 1e-3 * sum(item.values for item in found.values())


def test_native_weights_are_golden_s(digits: Package) -> None:
    network = read_native(native_bytes(digits.graph), digits.graph)
    assert not network.refused
    for name in ("conv1", "conv2", "conv3", "fc"):
        node = digits.graph.node(name)
        weight = network.modules[name].weight()
        assert weight.dtype == torch.qint8
        assert weight.qscheme() == torch.per_channel_affine
        np.testing.assert_array_equal(weight.int_repr().numpy(), node.weight)
        x, y, quant = digits.graph.inputs_of(node)[0], digits.graph.edges[node.output], node.mulquant
        real = weight.q_per_channel_scales().numpy() * x.scale / y.scale
        np.testing.assert_allclose(real, quant.multiplier * 2.0**-quant.shift, rtol=2.0**-23)  # torch keeps float32


def test_what_is_refused_is_named() -> None:
    refused = native_network(every_op_package().graph).refused
    assert refused["left"] == (
        "node 'left': it clips to -16..15 in s5; torch clips to all 8 bits, or to those above the zero point"
    )
    assert "channel 1 has multiplier -41" in refused["right"]
    assert refused["product"] == "node 'product': torch has no quantised module for matmul"
    assert set(native_network(every_op_package().graph).modules) == {"peak", "flat"}
    assert "max pool is wrong with padding and dilation" in native_network(core_package().graph).refused["peak"]


def test_padding_that_differs_from_side_to_side_is_refused() -> None:
    graph = EDGES["sides"].make(Hardware(rows=8, cols=8)).graph
    refused = native_network(graph).refused
    assert refused["max_pool2d11"] == "node 'max_pool2d11': padding (0, 1, 0, 1) differs from side to side"


def test_pooling_over_one_pixel_is_refused_not_run() -> None:
    shape = {"shape": (2, 3, 3), "bits": 8, "signed": False}
    pool = MaxPool2d(name="pool", inputs=("x",), output="y", kernel=(1, 1), stride=(2, 2))
    edges = {"x": TensorSpec(name="x", **shape), "y": TensorSpec(name="y", **{**shape, "shape": (2, 2, 2)})}
    graph = Graph(name="g", widths=Widths(), edges=edges, nodes=(pool,), input="x", output="y")
    assert native_network(graph).refused["pool"] == "node 'pool': QNNPACK does not pool over 1x1"
    assert check_native(native_bytes(graph), graph, np.zeros((1, 2, 3, 3), np.int64)) == {}


def test_sums_that_torch_could_not_hold_are_refused() -> None:
    graph = linear_graph(edge("x", 1), edge("y", 1), [[1]], [1], [1 << 31], [0])
    with pytest.raises(UnsupportedError, match=r"node 'fc': sum and bias reach 2\.147e"):
        module_of(graph.nodes[0], (graph.edges["x"],), graph.edges["y"])


def spread(mode: Rounding, shift: int, relu: bool) -> Graph:
    """One channel per multiplier; results all over the output format, with many ties."""
    rng = np.random.default_rng(shift)
    x, y = edge("x", 4, signed=False, zero_point=9, scale=0.03), edge("y", 24, zero_point=-20, scale=0.7)
    multiplier = rng.integers(1 << (shift - 5), 1 << (shift - 3), 24) if shift > 5 else rng.integers(1, 3, 24)
    bias = rng.integers(-40, 40, 24) * (1 << shift) + rng.integers(0, 1 << shift, 24)
    lo = -20 if relu else -128
    return linear_graph(x, y, rng.integers(-9, 10, (24, 4)), multiplier, bias, np.full(24, shift), rounding=mode, lo=lo)


@needs_engine
@pytest.mark.parametrize("mode", Rounding)
@pytest.mark.parametrize(("shift", "relu"), [(1, False), (2, True), (9, False), (14, True)])
def test_the_bound_holds_in_every_mode(mode: Rounding, shift: int, relu: bool) -> None:
    graph = spread(mode, shift, relu)
    images = np.random.default_rng(0).integers(0, 256, (2000, 4))
    (found,) = check_native(native_bytes(graph), graph, images).values()
    node = graph.nodes[0]
    assert found.largest <= bound(node, graph.inputs_of(node), graph.edges["y"])
    assert found.different < found.values * (0.75 if mode is Rounding.FLOOR else 0.3)
    if shift == 1:
        assert found.different  # ties, which the modes round apart


@needs_engine
def test_outputs_off_by_more_than_the_bound_are_caught(digits: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    images = check_images(digits.graph, digits.samples, 1)
    real = native_check.from_native
    monkeypatch.setattr(native_check, "from_native", lambda tensor, item: real(tensor, item) + 2)
    with pytest.raises(ExportError, match=r"layer 'conv1': an output is [23] steps from golden, 1 are allowed"):
        check_native(native_bytes(digits.graph), digits.graph, images)


@needs_engine
def test_native_runs_end_to_end(digits: Package) -> None:
    """All layers are native: the chain of torch's own integers gives golden's labels."""
    graph = digits.graph
    with quantized_engine(), torch.no_grad():
        network = read_native(native_bytes(graph), graph)
        values = {graph.input: to_native(digits.samples[:100], graph.edges[graph.input])}
        for node in graph.nodes:
            values[node.output] = network.modules[node.name](*(values[name] for name in node.inputs))
    labels = values[graph.output].int_repr().numpy().argmax(1)
    golden = graph.run(digits.samples[:100])[graph.output].argmax(1)
    assert (labels == golden).mean() >= 0.98


def scale_of(record: dict[str, Any]) -> None:
    record["layers"]["conv2"]["scale"] *= 1.001


def weight_of(record: dict[str, Any]) -> None:
    weight = record["layers"]["conv3"]["weight"]
    codes = weight.int_repr()
    codes[0, 0, 0, 0] ^= 1
    record["layers"]["conv3"]["weight"] = torch._make_per_channel_quantized_tensor(
        codes, weight.q_per_channel_scales(), weight.q_per_channel_zero_points(), 0
    )


def weight_scale_of(record: dict[str, Any]) -> None:
    weight = record["layers"]["conv3"]["weight"]
    record["layers"]["conv3"]["weight"] = torch._make_per_channel_quantized_tensor(
        weight.int_repr(), weight.q_per_channel_scales() * 1.0001, weight.q_per_channel_zero_points(), 0
    )


def bias_of(record: dict[str, Any]) -> None:
    record["layers"]["conv1"]["bias"] = record["layers"]["conv1"]["bias"] + 1e-3


def add_of(record: dict[str, Any]) -> None:
    record["layers"]["add"]["functional.zero_point"] += 1


def refusals(record: dict[str, Any]) -> None:
    record["refused"]["conv1"] = "no"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (scale_of, "layer 'conv2': output scale or zero point"),
        (weight_of, r"layer 'conv3': weight at \(0, 0, 0, 0\)"),
        (weight_scale_of, "layer 'conv3': weight scales differ"),
        (bias_of, "layer 'conv1': biases differ"),
        (add_of, "layer 'add': output scale or zero point"),
        (refusals, "the refused layers differ"),
    ],
)
def test_a_native_file_that_differs_is_caught(change: Any, message: str, digits: Package) -> None:
    data = rewritten(native_bytes(digits.graph), change)
    with pytest.raises(ExportError, match=message):
        check_native(data, digits.graph, digits.samples[:1])


def test_layers_of_another_graph_are_refused(digits: Package) -> None:
    with pytest.raises(PackageError, match="are not the graph's"):
        read_native(native_bytes(digits.graph), every_op_package().graph)


def test_the_former_engine_comes_back(digits: Package) -> None:
    former = torch.backends.quantized.engine
    with pytest.raises(ExportError):
        check_native(rewritten(native_bytes(digits.graph), refusals), digits.graph, digits.samples[:1])
    assert torch.backends.quantized.engine == former


@needs_engine
def test_max_pool_and_flatten_are_exact(digits: Package) -> None:
    images = check_images(digits.graph, digits.samples, 4)
    with quantized_engine():
        found = deviations(native_network(digits.graph), digits.graph, images)
    assert found["max_pool"].different == found["flatten"].different == 0
