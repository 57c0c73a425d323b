"""QLinear operators: every tensor of onnxruntime, and where constants miss accumulators, those and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from t2c.golden.arithmetic.mulquant import mulquant_narrow
from t2c.importing.importer import Import
from t2c.importing.onnx_files import sums
from t2c.importing.onnx_files.quantiser import LinearRule
from t2c.importing.proof import Grade
from tests.importing.onnx_judges import by_onnxruntime, golden_tensors, judged
from tests.importing.onnx_nets import MICROSOFT, Net, imported

U8, S8 = onnx.TensorProto.UINT8, onnx.TensorProto.INT8
TYPES = {U8: np.uint8, S8: np.int8}


def any_bytes(rng: np.random.Generator, kind: int, shape: tuple[int, ...]) -> Any:
    low, high = np.iinfo(TYPES[kind]).min, np.iinfo(TYPES[kind]).max
    return rng.integers(low, high, shape, endpoint=True).astype(TYPES[kind])


def scaled(net: Net, scale: float, zero_point: int, kind: int) -> tuple[str, str]:
    return net.hold(scale), net.hold(zero_point, TYPES[kind])


def convolution(
    rng: np.random.Generator,
    kind: int,
    weight: tuple[int, ...],
    weight_kind: int = S8,
    per_channel: bool = True,
    **form: Any,
) -> tuple[Net, tuple[int, ...]]:
    shape = (weight[1] * form.get("group", 1), 9, 8)
    net = Net(shape, kind)
    w = any_bytes(rng, weight_kind, weight)
    point = 0 if weight_kind == S8 else 128
    count = weight[0] if per_channel else 1
    sw = rng.uniform(0.001, 0.02, count)
    zero = np.full(count, point)
    if not per_channel:
        sw, zero = sw[0], zero[0]
    net.add(
        "QLinearConv",
        "x",
        *scaled(net, 0.0173, 5 if kind == S8 else 131, kind),
        net.hold(w, w.dtype),
        net.hold(sw),
        net.hold(zero, w.dtype),
        *scaled(net, 0.61, -7 if kind == S8 else 120, kind),
        net.hold(rng.integers(-4000, 4000, weight[0]), np.int32),
        name="y",
        **form,
    )
    return net, shape


CONVOLUTIONS: dict[str, dict[str, Any]] = {
    "plain": {"weight": (4, 3, 3, 3)},
    "signed": {"weight": (4, 3, 3, 3), "kind": S8},
    "unsigned weights": {"weight": (4, 3, 3, 3), "weight_kind": U8},
    "per tensor": {"weight": (4, 3, 3, 3), "per_channel": False},
    "padded": {"weight": (4, 3, 3, 3), "pads": [1, 1, 1, 1]},
    "same": {"weight": (4, 3, 3, 3), "auto_pad": "SAME_UPPER"},
    "one side padded": {"weight": (4, 3, 3, 3), "pads": [0, 1, 1, 0]},
    "same upper": {"weight": (4, 3, 3, 3), "auto_pad": "SAME_UPPER", "strides": [2, 2]},
    "same lower": {"weight": (4, 3, 2, 2), "auto_pad": "SAME_LOWER"},
    "valid": {"weight": (4, 3, 3, 2), "auto_pad": "VALID", "strides": [2, 1]},
    "strides and dilations": {"weight": (4, 3, 2, 3), "strides": [2, 3], "dilations": [3, 2]},
    "grouped": {"weight": (4, 2, 3, 3), "group": 2},
    "depthwise": {"weight": (4, 1, 3, 3), "group": 4},
    "multiplied depthwise": {"weight": (8, 1, 3, 3), "group": 4},
}


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolutions(case: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(len(case))
    form = dict(CONVOLUTIONS[case])
    kind = form.pop("kind", U8)
    net, shape = convolution(rng, kind, **form)
    model = net.model(kind)
    done = imported(model, tmp_path)
    (layer,) = done.network.layers
    assert layer.exactness.differing < 20 < layer.exactness.reachable / 10000
    assert judged(model, done, any_bytes(rng, kind, (16, *shape))) == {"y": 0}


def test_a_network_of_every_operator(tmp_path: Path) -> None:
    """Scales that make no ties, so that every layer is proven exact, and no tensor differs."""
    rng = np.random.default_rng(5)
    net = Net((3, 8, 8))
    net.add("QuantizeLinear", "x", *scaled(net, 0.0213, 3, U8), name="q0")

    def conv(
        source: str, given: tuple[float, int], taken: tuple[float, int], weight: tuple[int, ...], name: str
    ) -> None:
        net.add(
            "QLinearConv",
            source,
            *scaled(net, *given, U8),
            net.hold(any_bytes(rng, S8, weight), np.int8),
            net.hold(rng.uniform(0.001, 0.01, weight[0])),
            net.hold(np.zeros(weight[0]), np.int8),
            *scaled(net, *taken, U8),
            net.hold(rng.integers(-3000, 3000, weight[0]), np.int32),
            name=name,
            pads=[weight[2] // 2] * 4,
        )

    a, b, c, d = (0.1037, 20), (0.2311, 100), (0.2519, 77), (0.2203, 99)
    conv("q0", (0.0213, 3), a, (8, 3, 3, 3), "q1")
    conv("q1", a, b, (8, 8, 3, 3), "q2")
    net.add(
        "QLinearAdd",
        "q1",
        *scaled(net, *a, U8),
        "q2",
        *scaled(net, *b, U8),
        *scaled(net, *c, U8),
        name="q3",
        domain=MICROSOFT,
    )
    net.add("MaxPool", "q3", name="q4", kernel_shape=[2, 2], strides=[2, 2])
    conv("q4", c, b, (8, 8, 1, 1), "q5")
    net.add(
        "QLinearConcat",
        *scaled(net, *d, U8),
        "q4",
        *scaled(net, *c, U8),
        "q5",
        *scaled(net, *b, U8),
        name="q6",
        domain=MICROSOFT,
        axis=1,
    )
    net.add(
        "QLinearAveragePool",
        "q6",
        *scaled(net, *d, U8),
        *scaled(net, *a, U8),
        name="q7",
        domain=MICROSOFT,
        kernel_shape=[3, 3],
        strides=[1, 1],
    )
    net.add(
        "QLinearGlobalAveragePool",
        "q7",
        *scaled(net, *a, U8),
        *scaled(net, 0.1203, 102, U8),
        name="q8",
        domain=MICROSOFT,
    )
    net.add("Reshape", "q8", net.hold([-1, 16], np.int64), name="q9")
    net.add(
        "QGemm",
        "q9",
        *scaled(net, 0.1203, 102, U8),
        net.hold(any_bytes(rng, S8, (16, 12)), np.int8),
        net.hold(rng.uniform(0.001, 0.01, 12)),
        net.hold(np.zeros(12), np.int8),
        net.hold(rng.integers(-99, 99, 12), np.int32),
        *scaled(net, 0.0517, 120, U8),
        name="q10",
        domain=MICROSOFT,
    )
    net.add(
        "QLinearMatMul",
        "q10",
        *scaled(net, 0.0517, 120, U8),
        net.hold(any_bytes(rng, S8, (12, 10)), np.int8),
        *scaled(net, 0.0103, 0, S8),
        *scaled(net, 0.0613, 111, U8),
        name="q11",
    )
    net.add("DequantizeLinear", "q11", *scaled(net, 0.0613, 111, U8), name="y")
    net.add("Softmax", "y", name="p")
    model = net.model()
    done = imported(model, tmp_path)
    assert [layer.operation for layer in done.network.layers] == [
        *("conv2d", "conv2d", "add", "max_pool2d", "conv2d", "pointwise", "pointwise", "concat"),
        *("average_pool2d", "average_pool2d", "flatten", "linear", "linear", "Softmax"),
    ]
    assert done.network.layers[-1].exactness.grade is Grade.FLOAT
    assert done.report["layers"][-1]["runs_on"] == "host"
    assert done.report["differing"] < 20, done.lines  # of tens of millions
    counts = judged(model, done, rng.uniform(-1, 6, (16, 3, 8, 8)).astype(np.float32))
    assert counts == dict.fromkeys([f"q{i}" for i in range(12)], 0)


@pytest.mark.parametrize("kind", [U8, S8])
@pytest.mark.parametrize("seed", range(4))
def test_every_pair_of_an_add(kind: int, seed: int, tmp_path: Path) -> None:
    """65,536 pairs: onnxruntime differs where the report says, and as often."""
    rng = np.random.default_rng(seed)
    point, end = any_bytes(rng, kind, (2,)).tolist()
    sa, sb, sy = rng.uniform(0.01, 0.05, 3)
    net = Net((256, 256), kind)
    turned = net.add("Transpose", "x", name="turned", perm=[0, 2, 1])
    net.add(
        "QLinearAdd",
        "x",
        *scaled(net, sa, point, kind),
        turned,
        *scaled(net, sb, point, kind),
        *scaled(net, sy, end, kind),
        name="y",
        domain=MICROSOFT,
    )
    model = net.model(kind)
    done = imported(model, tmp_path)
    every = np.arange(256).astype(np.uint8).view(TYPES[kind])
    feed = np.repeat(every, 256).reshape(1, 256, 256)  # x along rows, its transpose along columns
    counts = judged(model, done, feed)
    layer = done.network.layers[-1]
    assert layer.exactness.reachable == 65536
    assert counts == {"turned": 0, "y": layer.exactness.differing}
    assert layer.exactness.differing <= 2


def test_an_add_of_a_constant_is_broadcast(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    net = Net((3, 4, 4), S8)
    constant = any_bytes(rng, S8, (3, 1, 1))
    parts = (
        *scaled(net, 0.021, 4, S8),
        net.hold(constant, np.int8),
        *scaled(net, 0.013, -9, S8),
        *scaled(net, 0.03, 2, S8),
    )
    net.add("QLinearAdd", "x", *parts, name="y", domain=MICROSOFT)
    model = net.model(S8)
    done = imported(model, tmp_path)
    assert [node.op for node in done.network.graph.nodes] == ["add_constant"]
    assert judged(model, done, any_bytes(rng, S8, (40, 3, 4, 4))) == {"y": done.network.layers[0].exactness.differing}


def test_a_product_of_two_activations(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    net = Net((2, 6, 6), U8)
    net.add(
        "QLinearMatMul",
        "x",
        *scaled(net, 0.021, 130, U8),
        "x",
        *scaled(net, 0.021, 130, U8),
        *scaled(net, 1.3, 99, U8),
        name="y",
    )
    model = net.model(U8)
    done = imported(model, tmp_path)
    assert [node.op for node in done.network.graph.nodes] == ["matmul"]
    assert judged(model, done, any_bytes(rng, U8, (40, 2, 6, 6))) == {"y": 0}


@pytest.mark.parametrize("op", ["QLinearSigmoid", "QLinearLeakyRelu"])
@pytest.mark.parametrize("kind", [U8, S8])
def test_functions_are_tables_of_every_integer(op: str, kind: int, tmp_path: Path) -> None:
    net = Net((256,), kind)
    net.add(op, "x", *scaled(net, 0.031, 7, kind), *scaled(net, 0.0041, 3, kind), name="y", domain=MICROSOFT)
    model = net.model(kind)
    done = imported(model, tmp_path)
    assert judged(model, done, np.arange(256).astype(np.uint8).view(TYPES[kind]).reshape(1, 256)) == {"y": 0}


def differing_accumulators(done: Import, rule: LinearRule, wide: Any) -> Any:
    """Where the constants of the only node differ from the rule, of these accumulators (C, n)."""
    (node,) = done.network.graph.nodes
    return mulquant_narrow(wide, node.stage, channel_axis=0) != rule(wide)


def test_what_differs_is_counted_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scales of a ratio of 1/120 make ties that float32 rounds to even: no constants give them all."""
    rng = np.random.default_rng(8)
    rules: list[LinearRule] = []

    def noted(*given: Any, **more: Any) -> LinearRule:
        rules.append(LinearRule(*given, **more))
        return rules[-1]

    monkeypatch.setattr(sums, "LinearRule", noted)
    net = Net((12,), U8)
    weight = net.hold(any_bytes(rng, S8, (12, 3)), np.int8)
    net.add(
        "QLinearMatMul",
        "x",
        *scaled(net, 0.05, 120, U8),
        weight,
        *scaled(net, 0.01, 0, S8),
        *scaled(net, 0.06, 111, U8),
        name="y",
    )
    model = net.model(U8)
    done = imported(model, tmp_path)
    known = done.network.layers[0].exactness
    assert known.grade is Grade.DIFFERS
    assert known.largest == 1
    (node,) = done.network.graph.nodes
    reach = np.abs(node.weight).sum(axis=1).max() * 135
    every = np.broadcast_to(np.arange(-reach, reach + 1), (3, 2 * reach + 1))
    low = (np.minimum(node.weight * -120, node.weight * 135)).sum(axis=1)[:, None]
    high = (np.maximum(node.weight * -120, node.weight * 135)).sum(axis=1)[:, None]
    wrong = differing_accumulators(done, rules[0], every) & (low <= every) & (every <= high)
    assert int(wrong.sum()) == known.differing > 0
    # onnxruntime gives what the rule says, and golden differs where the accumulator is one of those.
    feed = any_bytes(rng, U8, (20000, 12))
    acc = node.accumulate([feed.astype(np.int64)], done.network.graph.inputs_of(node))
    found = by_onnxruntime(model, {"x": feed}, ["y"])["y"]
    assert np.array_equal(found, rules[0](acc.T).T)
    ours = golden_tensors(done, feed.astype(np.int64))["y"]
    assert np.array_equal(found != ours, differing_accumulators(done, rules[0], acc.T).T)
    assert (found != ours).any()
