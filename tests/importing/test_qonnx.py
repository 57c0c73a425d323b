"""QONNX: Quant, BipolarQuant, Trunc, batch normalisation and MultiThreshold, every tensor of qonnx's own executor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.importer import Import
from t2c.importing.onnx_files.quantiser import ROUNDINGS
from t2c.importing.proof import Grade
from t2c.importing.where import CORE, where_nodes_run
from tests.importing.onnx_judges import by_qonnx, golden_tensors, integers, made_by_nodes, quantised_input
from tests.importing.onnx_nets import QONNX, Net, imported

BATCH = 16
STEP = 2.0**-3
"""Of activations: with powers of two float32 is exact, ties included."""


def judged(model: onnx.ModelProto, done: Import, reals: Any) -> dict[str, int]:
    """How many elements of each tensor that the file quantises differ."""
    found = by_qonnx(model, {"x": reals})
    inputs = quantised_input(done, reals)
    ours = golden_tensors(done, inputs)
    names = made_by_nodes(model, done)
    assert names
    return {name: int((integers(done, name, found[name]) != ours[name]).sum()) for name in names}


def reals_of(rng: np.random.Generator, shape: tuple[int, ...], scale: float = 6.0) -> Any:
    return (rng.normal(size=(BATCH, *shape)) * scale).astype(np.float32)


def begun(shape: tuple[int, ...], bits: int = 8, **more: Any) -> Net:
    """A net whose input is quantised."""
    net = Net(shape, batch=BATCH)
    net.quant("x", STEP, bits, **more)
    return net


def weight(
    rng: np.random.Generator, net: Net, shape: tuple[int, ...], bits: int, scale: Any = 2.0**-4, **more: Any
) -> str:
    held = net.hold(rng.normal(size=shape) * 0.3)
    return net.quant(held, scale, bits, narrow=1, **more)


def every(counts: dict[str, int]) -> set[int]:
    return set(counts.values())


@pytest.mark.sample(3)
@pytest.mark.parametrize("mode", ROUNDINGS)
@pytest.mark.parametrize(("signed", "narrow"), [(1, 0), (1, 1), (0, 0), (0, 1)])
def test_every_rounding_of_sums(mode: str, signed: int, narrow: int, tmp_path: Path) -> None:
    """The scale makes every eighth sum a tie; which way each mode goes is a matter of every single accumulator."""
    rng = np.random.default_rng(len(mode))
    net = begun((3, 5, 5))
    net.add("Conv", net.last, weight(rng, net, (4, 3, 3, 3), 4))
    net.quant(net.last, STEP * 2.0**-4 * 8, 6, signed=signed, narrow=narrow, rounding_mode=mode)
    model = net.model()
    done = imported(model, tmp_path)
    known = done.network.layers[-1].exactness
    wrong = judged(model, done, reals_of(rng, (3, 5, 5), 2.0))[net.last]
    # Both wider around 0 than elsewhere: no straight line gives them.
    bent = mode in ("UP", "DOWN") and signed == 1
    assert (known.grade is Grade.DIFFERS) == bent
    assert (wrong > 0) == bent


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
def test_a_network_with_batch_normalisation(bits: int, tmp_path: Path) -> None:
    """Per-channel scales of weights, factors of both signs, biases, padding, groups, max pooling, average, linear."""
    rng = np.random.default_rng(bits)
    shape = (3, 8, 8)
    net = begun(shape)

    def normalised(source: str, channels: int) -> str:
        parts = [
            rng.normal(size=channels),
            rng.normal(size=channels),
            rng.normal(size=channels),
            rng.uniform(0.5, 2, channels),
        ]
        return net.add("BatchNormalization", source, *(net.hold(part) for part in parts))

    scale = rng.uniform(0.01, 0.2, (6, 1, 1, 1))
    conv = net.add(
        "Conv", net.last, weight(rng, net, (6, 3, 3, 3), bits, scale), net.hold(rng.normal(size=6)), pads=[1] * 4
    )
    net.quant(net.add("Relu", normalised(conv, 6)), 0.31 * 2.0 ** (4 - bits), bits, signed=0)
    net.add("MaxPool", net.last, kernel_shape=[2, 2], strides=[2, 2])
    conv = net.add("Conv", net.last, weight(rng, net, (6, 3, 3, 3), bits), group=2, pads=[1] * 4)
    net.quant(normalised(conv, 6), 0.17 * 2.0 ** (4 - bits), bits)
    net.add("GlobalAveragePool", net.last)
    net.quant(net.last, 0.0371, 8)
    net.add("Flatten", net.last)
    net.add("Gemm", net.last, weight(rng, net, (5, 6), bits), net.hold(rng.normal(size=5)), transB=1)
    net.quant(net.last, 0.0213, 8)
    model = net.model()
    done = imported(model, tmp_path)
    assert {layer.exactness.grade for layer in done.network.layers} <= {Grade.PROVEN, Grade.SAME}
    falling = [node for node in done.network.graph.nodes if node.op == "conv2d" and (node.stage.multiplier < 0).any()]
    assert len(falling) == 2
    assert every(judged(model, done, reals_of(rng, shape))) == {0}


@pytest.mark.parametrize("padding", [0, 1])
def test_signs_of_activations_and_weights(padding: int, tmp_path: Path) -> None:
    """A binary network; padding is 0, which is neither -1 nor 1."""
    rng = np.random.default_rng(2)
    shape = (3, 6, 6)
    net = Net(shape, batch=BATCH)
    net.add("BipolarQuant", "x", net.hold(0.5), domain=QONNX)
    signs = net.add("BipolarQuant", net.hold(rng.normal(size=(4, 3, 3, 3))), net.hold(0.25), domain=QONNX)
    conv = net.add("Conv", "t0", signs, pads=[padding] * 4)
    parts = [rng.normal(size=4), rng.normal(size=4), rng.normal(size=4), rng.uniform(0.5, 2, 4)]
    normal = net.add("BatchNormalization", conv, *(net.hold(part) for part in parts))
    net.add("BipolarQuant", normal, net.hold(1.0), domain=QONNX)
    net.add("MaxPool", net.last, kernel_shape=[2, 2])
    model = net.model()
    done = imported(model, tmp_path)
    first = done.network.graph.edges["t0"]
    assert (first.bits, first.signed) == (2, True)
    found = by_qonnx(model, {"x": (reals := reals_of(rng, shape))})
    ours = golden_tensors(done, np.where(reals >= 0, 1, -1))
    names = made_by_nodes(model, done)
    assert len(names) == 3
    for name in names:
        assert np.array_equal(integers(done, name, found[name]), ours[name]), name
        assert name == "t0" or set(np.unique(ours[name])) == {-1, 1}
    assert {layer.exactness.grade for layer in done.network.layers} == {Grade.PROVEN, Grade.SAME}


def test_quant_of_one_bit_is_a_sign(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    net = begun((6,))
    net.add("MatMul", net.last, net.quant(net.hold(rng.normal(size=(6, 4))), 0.5, 1))
    net.quant(net.last, 1.0, 1)
    model = net.model()
    done = imported(model, tmp_path)
    assert every(judged(model, done, reals_of(rng, (6,)))) == {0}
    assert set(np.unique(done.network.graph.nodes[-1].weight)) == {-1, 1}


@pytest.mark.parametrize("mode", ["FLOOR", "ROUND", "CEIL"])
def test_truncated_averages(mode: str, tmp_path: Path) -> None:
    """As Brevitas writes TruncAvgPool: the average, times the elements, cut to fewer bits."""
    rng = np.random.default_rng(2)
    net = begun((3, 4, 4), 4, signed=0)
    net.add("AveragePool", net.last, kernel_shape=[4, 4])
    net.add("Mul", net.last, net.hold(16.0))
    parts = (net.hold(STEP), net.hold(0.0), net.hold(8.0), net.hold(4.0))
    net.add("Trunc", net.last, *parts, domain=QONNX, rounding_mode=mode)
    model = net.model()
    done = imported(model, tmp_path)
    reals = np.abs(reals_of(rng, (3, 4, 4), 1.0))
    counts = judged(model, done, reals)
    known = done.network.layers[-1].exactness
    assert every(counts) == {0} or known.differing


def test_truncation_of_version_2(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    net = begun((8,))
    parts = (net.hold(STEP), net.hold(0.0), net.hold(8.0), net.hold(STEP * 16), net.hold(4.0))
    net.add("Trunc", net.last, *parts, domain=QONNX, rounding_mode="FLOOR", signed=1, narrow=0)
    model = net.model()
    model.opset_import[2].version = 2
    done = imported(model, tmp_path)
    assert [node.op for node in done.network.graph.nodes] == ["pointwise"]
    assert every(judged(model, done, reals_of(rng, (8,)))) == {0}


def test_tables_sums_and_joins_of_activations(tmp_path: Path) -> None:
    """A requantisation, functions, a residual sum, a join of equals."""
    rng = np.random.default_rng(6)
    shape = (4, 5, 5)
    net = begun(shape)
    first = net.last
    gate = net.quant(net.add("Sigmoid", first), 2.0**-6, 6, signed=0)
    bent = net.quant(net.add("LeakyRelu", net.add("Mul", first, net.hold(0.75)), alpha=0.125), 0.25, 6)
    again = net.quant(first, 0.25, 6)
    both = net.quant(net.add("Relu", net.add("Add", bent, again)), 0.25, 5, signed=0)
    net.quant(net.add("Add", both, gate), 0.11, 7)
    shifted = net.quant(net.add("Add", again, net.quant(net.hold(rng.normal(size=(4, 1, 1))), 0.125, 5)), 0.25, 6)
    net.add("Concat", shifted, bent, again, axis=1)
    model = net.model()
    del model.graph.output[:]
    model.graph.output.extend([onnx.helper.make_tensor_value_info(net.last, onnx.TensorProto.FLOAT, None)])
    done = imported(model, tmp_path)
    assert every(judged(model, done, reals_of(rng, shape))) == {0}
    assert {node.op for node in done.network.graph.nodes} == {"pointwise", "add", "add_constant", "concat"}


def test_moves_between_sums_and_their_quantiser(tmp_path: Path) -> None:
    """Max pooling, reshape and transpose come before the quantiser in the file, and behind it here."""
    rng = np.random.default_rng(6)
    net = begun((3, 6, 6))
    conv = net.add("Conv", net.last, weight(rng, net, (4, 3, 3, 3), 4))
    peak = net.add("MaxPool", net.add("Relu", conv), kernel_shape=[2, 2], strides=[2, 2])
    turned = net.add("Transpose", peak, perm=[0, 2, 3, 1])
    net.quant(net.add("Reshape", turned, net.hold([BATCH, -1], np.int64)), 0.25, 4, signed=0)
    model = net.model()
    done = imported(model, tmp_path)
    assert [node.op for node in done.network.graph.nodes] == ["conv2d", "max_pool2d", "transpose", "flatten"]
    assert every(judged(model, done, reals_of(rng, (3, 6, 6)))) == {0}


def test_a_shape_that_the_file_computes(tmp_path: Path) -> None:
    """What torch writes for x.view(x.shape[0], -1)."""
    rng = np.random.default_rng(6)
    net = begun((3, 2, 2))
    batch = net.add("Gather", net.add("Shape", net.last), net.hold(0, np.int64), axis=0)
    whole = net.add("Concat", net.add("Unsqueeze", batch, net.hold([0], np.int64)), net.hold([-1], np.int64), axis=0)
    net.add("Reshape", "t0", whole)
    net.add("MatMul", net.last, net.add("Transpose", weight(rng, net, (4, 12), 4)))
    net.quant(net.last, 0.25, 6)
    model = net.model()
    done = imported(model, tmp_path)
    assert every(judged(model, done, reals_of(rng, (3, 2, 2)))) == {0}


def staircase(rng: np.random.Generator, channels: int, steps: int, spread: float, *, even: bool) -> Any:
    first = (rng.normal(size=(channels, 1)) * 0.2 - 0.5) * spread
    gaps = (
        np.full((channels, steps - 1), spread / steps)
        if even
        else rng.uniform(0, 2 * spread / steps, (channels, steps - 1))
    )
    return np.concatenate([first, first + np.cumsum(gaps, axis=1)], axis=1)


@pytest.mark.parametrize("channels", [1, 5])
@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("bias", [0.0, -4.0])
def test_thresholds_of_sums(channels: int, even: bool, bias: float, tmp_path: Path) -> None:
    """Even steps are MulQuant's; uneven ones a node of integer comparisons behind sums of 16 bits."""
    rng = np.random.default_rng(channels)
    net = begun((3, 5, 5), 4)
    conv = net.add("Conv", net.last, weight(rng, net, (5, 3, 3, 3), 4), pads=[1] * 4)
    stairs = net.hold(staircase(rng, channels, 7, 6.0, even=even))
    net.add("MultiThreshold", conv, stairs, domain=QONNX, out_dtype="UINT3" if bias == 0 else "INT3", out_bias=bias)
    conv = net.add("Conv", net.last, weight(rng, net, (3, 5, 1, 1), 4))
    net.quant(conv, 0.5, 6)
    model = net.model()
    done = imported(model, tmp_path)
    kinds = [node.op for node in done.network.graph.nodes]
    assert kinds == (["conv2d", "conv2d"] if even else ["conv2d", "multi_threshold", "conv2d"])
    assert {layer.exactness.grade for layer in done.network.layers} == {Grade.PROVEN}
    assert set(where_nodes_run(done.network.graph).values()) == {CORE}
    counts = judged(model, done, reals_of(rng, (3, 5, 5), 0.6))
    assert every(counts) == {0}
    assert len(counts) == 3


def test_uneven_thresholds_behind_factors_of_both_signs_and_a_transpose(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    net = begun((6,), 4)
    sums = net.add("MatMul", net.last, weight(rng, net, (6, 5), 4))
    turned = net.add("Mul", sums, net.hold([[0.5, -0.5, 1.0, -2.0, 0.25]]))
    stairs = net.hold(staircase(rng, 5, 7, 1.0, even=False))
    net.add("MultiThreshold", turned, stairs, domain=QONNX, out_dtype="UINT3", out_scale=0.5)
    model = net.model()
    done = imported(model, tmp_path)
    assert [node.op for node in done.network.graph.nodes] == ["linear", "multi_threshold"]
    counts = judged(model, done, reals_of(rng, (6,), 0.6))
    assert every(counts) == {0}


def test_thresholds_of_activations(tmp_path: Path) -> None:
    """A table for all channels alike, a node where they differ, signs as two steps."""
    rng = np.random.default_rng(3)
    net = begun((4, 5, 5), 5)
    first = net.last
    a = net.add(
        "MultiThreshold", first, net.hold(staircase(rng, 4, 5, 1.0, even=False)), domain=QONNX, out_dtype="UINT3"
    )
    b = net.add(
        "MultiThreshold", first, net.hold(staircase(rng, 1, 5, 1.0, even=False)), domain=QONNX, out_dtype="UINT3"
    )
    signs = net.hold(rng.normal(size=(4, 1)))
    c = net.add("MultiThreshold", first, signs, domain=QONNX, out_dtype="BIPOLAR", out_scale=2.0, out_bias=-1.0)
    net.quant(net.add("Add", net.quant(net.add("Add", a, b), 1.0, 5), c), 1.0, 5)
    model = net.model()
    done = imported(model, tmp_path)
    assert {node.op for node in done.network.graph.nodes} == {"multi_threshold", "pointwise", "average_pool2d", "add"}
    assert every(judged(model, done, reals_of(rng, (4, 5, 5), 1.0))) == {0}


def test_weights_and_input_as_finn_writes_them(tmp_path: Path) -> None:
    """Floats that are integers, and a data type of the input instead of a quantiser."""
    rng = np.random.default_rng(3)
    net = Net((12,), batch=BATCH)
    net.add("MatMul", "x", net.hold(rng.integers(-1, 2, (12, 5))))
    net.add(
        "MultiThreshold",
        net.last,
        net.hold(np.sort(rng.integers(-20, 20, (5, 3)), axis=1)),
        domain=QONNX,
        out_dtype="UINT2",
    )
    net.add("MatMul", net.last, net.hold(rng.integers(-2, 2, (5, 3))))
    model = net.model()
    note = model.graph.quantization_annotation.add()
    note.tensor_name = "x"
    pair = note.quant_parameter_tensor_names.add()
    pair.key, pair.value = "finn_datatype", "UINT4"
    done = imported(model, tmp_path)
    inputs = rng.integers(0, 16, (BATCH, 12))
    found = by_qonnx(model, {"x": inputs.astype(np.float32)})
    ours = golden_tensors(done, inputs)
    for name in made_by_nodes(model, done):
        assert np.array_equal(found[name], ours[name]), name
    edge = done.network.graph.edges[done.network.graph.output]
    assert (edge.bits, edge.scale) == (8, 1.0)
    assert done.network.layers[-1].exactness.grade is Grade.PROVEN


@pytest.mark.parametrize(("bits", "wide"), [(2, 8), (8, 16)])
def test_an_output_without_a_quantiser_is_rounded_and_says_so(bits: int, wide: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    net = begun((12,), bits)
    net.add("Gemm", net.last, weight(rng, net, (5, 12), bits), net.hold(rng.normal(size=5) * 0.3), transB=1)
    model = net.model()
    done = imported(model, tmp_path)
    graph = done.network.graph
    edge = graph.edges[graph.output]
    assert edge.bits == wide
    assert done.network.layers[-1].exactness.grade is Grade.ROUNDED
    assert net.last not in done.network.tensors
    reals = reals_of(rng, (12,))
    found = by_qonnx(model, {"x": reals})[net.last]
    ours = graph.run(quantised_input(done, reals))[graph.output] * edge.scale
    span = edge.scale * edge.format.hi
    assert np.abs(found - ours).max() <= edge.scale / 2 + span * 2.0**-14


def test_a_maximum_of_turned_sums_is_refused(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    net = begun((3, 6, 6))
    conv = net.add("Conv", net.last, weight(rng, net, (2, 3, 3, 3), 4))
    peak = net.add("MaxPool", net.add("Mul", conv, net.hold(-0.5)), kernel_shape=[2, 2])
    net.quant(peak, 0.25, 4)
    with pytest.raises(RefusedError, match="a maximum is taken of sums that a negative factor turns"):
        imported(net.model(), tmp_path)
