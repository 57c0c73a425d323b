"""The graph runner: every tensor equals the oracle's; wrong names and inputs are refused."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from oracle.counterpart import accumulators, compute
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package, load_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.graph.vectors import layer_vectors
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.max_pool2d import MaxPool2d
from tests.every_op import every_op_package


@pytest.fixture(scope="module")
def package() -> Package:
    return every_op_package()


def by_oracle(node: Node, graph: Graph, values: list[np.ndarray]) -> np.ndarray:
    """One node, by its counterpart."""
    return compute(node, values, graph.inputs_of(node))


@pytest.mark.parametrize("seed", range(4))
def test_every_tensor_equals_the_oracle(seed: int) -> None:
    package = every_op_package(seed)
    graph, values = package.graph, {"x": package.samples}
    run = graph.run(package.samples)
    assert run.keys() == graph.edges.keys()
    for node in graph.nodes:
        values[node.output] = by_oracle(node, graph, [values[name] for name in node.inputs])
        assert run[node.output].dtype == np.int64
        assert np.array_equal(run[node.output], values[node.output]), node.name


def test_the_network_has_every_operation(package: Package) -> None:
    """So that the comparison above leaves none out."""
    wanted = {Conv2d, Linear, Matmul, AveragePool2d, Add, MaxPool2d, Flatten}
    assert {type(node) for node in package.graph.nodes} == wanted


def test_a_shipped_network_equals_the_oracle(examples: Path) -> None:
    shipped = load_package(examples / "digits_w4a4")
    graph = shipped.graph
    for node, arguments, output in graph.steps(shipped.samples[:1]):
        assert np.array_equal(output, by_oracle(node, graph, arguments)), node.name


@pytest.mark.parametrize(("bits", "signed", "fits"), [(7, False, True), (8, True, False)])
def test_the_accumulator_bound_is_exact(bits: int, signed: bool, fits: bool) -> None:
    """|w| max|x - zp| = 127 fits 8 bits, 128 does not."""
    edges = {
        "x": TensorSpec(name="x", shape=(1,), bits=bits, signed=signed),
        "y": TensorSpec(name="y", shape=(1,), bits=8, signed=True),
    }
    widths, one = Widths(acc=8), np.array([1])
    quant = MulQuant(multiplier=one, bias=one, shift=one, lo=-128, hi=127, widths=widths)
    node = Linear(name="fc", inputs=("x",), output="y", weight=np.array([[-1]]), weight_bits=2, mulquant=quant)
    expectation = (
        nullcontext() if fits else pytest.raises(PackageError, match="worst case 128 needs 9 bits, acc width is 8")
    )
    with expectation:
        Graph(name="one", widths=widths, edges=edges, nodes=(node,), input="x", output="y")


@pytest.mark.parametrize("channel", [0, 63, 64, 1000])
@pytest.mark.parametrize("feature", [0, 63, 64, 1000])
def test_the_accumulator_bound_is_that_of_the_heaviest_channel(channel: int, feature: int) -> None:
    """Wherever it lies, and wherever its weights do."""
    weight = np.zeros((1001, 1001), np.int64)
    weight[channel, feature] = -8
    quant = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([1]), lo=-128, hi=127)
    node = Linear(name="fc", inputs=("x",), output="y", weight=weight, weight_bits=4, mulquant=quant)
    assert node.worst_accumulator([TensorSpec(name="x", shape=(1001,), bits=8, signed=True)]) == 8 * 128


def test_steps_come_in_order_with_their_arguments(package: Package) -> None:
    run, seen = package.graph.run(package.samples), []
    for node, arguments, output in package.graph.steps(package.samples):
        seen.append(node.name)
        assert len(arguments) == node.arity
        assert all(np.array_equal(v, run[name]) for v, name in zip(arguments, node.inputs, strict=True))
        assert np.array_equal(output, run[node.output])
    assert seen == ["left", "right", "sum", "peak", "mean", "product", "flat", "fc"]


def test_outputs_lie_in_their_formats(package: Package) -> None:
    for name, values in package.graph.run(package.samples).items():
        fmt = package.graph.edges[name].format
        assert fmt.lo <= values.min() <= values.max() <= fmt.hi, name


def test_images_do_not_influence_each_other(package: Package) -> None:
    together = package.graph.run(package.samples)["y"]
    alone = [package.graph.run(package.samples[n : n + 1])["y"][0] for n in range(len(package.samples))]
    assert np.array_equal(together, alone)


def test_an_unknown_node_lists_the_names(package: Package) -> None:
    assert package.graph.node("fc").op == "linear"
    with pytest.raises(KeyError, match="no layer 'foo' in every-op; it has left, right, sum, peak, mean, product"):
        package.graph.node("foo")


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((1, 2, 5, 5)), RangeError, "input 'x': dtype float64 is not an integer type"),
        (np.full((1, 2, 5, 5), 256), RangeError, r"input 'x'\[0, 0, 0, 0\] = 256 is outside 0\.\.255"),
        (np.full((1, 2, 5, 5), -1), RangeError, r"input 'x'\[0, 0, 0, 0\] = -1 is outside 0\.\.255"),
        (np.zeros((2, 5, 5), int), ShapeError, r"input 'x': shape \(2, 5, 5\) is not \(N, 2, 5, 5\)"),
        (np.zeros((1, 2, 5, 4), int), ShapeError, r"input 'x': shape \(1, 2, 5, 4\) is not \(N, 2, 5, 5\)"),
        (np.zeros((0, 2, 5, 5), int), ShapeError, r"input 'x': shape \(0, 2, 5, 5\) is not \(N, 2, 5, 5\)"),
        (np.zeros((), int), ShapeError, r"input 'x': shape \(\) is not \(N, 2, 5, 5\)"),
    ],
)
def test_wrong_images_are_refused(images: np.ndarray, error: type[Exception], message: str, package: Package) -> None:
    with pytest.raises(error, match=message):
        package.graph.run(images)


@pytest.mark.parametrize("name", ["left", "mean", "product", "fc"])
def test_vectors_hold_inputs_accumulators_and_output(name: str, package: Package) -> None:
    graph, run = package.graph, package.graph.run(package.samples)
    node, vectors = graph.node(name), layer_vectors(package.graph, name, package.samples)
    assert all(np.array_equal(v, run[e]) for v, e in zip(vectors.inputs, node.inputs, strict=True))
    assert np.array_equal(vectors.output, run[node.output])
    assert np.array_equal(vectors.accumulators, accumulators(node, vectors.inputs, graph.inputs_of(node)))


@pytest.mark.parametrize("name", ["sum", "peak", "flat"])
def test_no_accumulators_where_nothing_accumulates(name: str, package: Package) -> None:
    assert layer_vectors(package.graph, name, package.samples).accumulators is None


def test_vectors_of_an_unknown_node(package: Package) -> None:
    with pytest.raises(KeyError, match="no layer 'foo' in every-op"):
        layer_vectors(package.graph, "foo", package.samples)


@pytest.mark.parametrize("name", ["product", "sum"])
def test_vectors_re_read_from_disk(name: str, package: Package, tmp_path: Path) -> None:
    vectors = layer_vectors(package.graph, name, package.samples)
    vectors.save(tmp_path / "new" / "v.npz")
    wanted = {"input_0": vectors.inputs[0], "input_1": vectors.inputs[1], "output": vectors.output}
    if vectors.accumulators is not None:
        wanted["accumulators"] = vectors.accumulators
    with np.load(tmp_path / "new" / "v.npz") as data:
        assert set(data.files) == set(wanted)
        assert all(np.array_equal(data[key], value) for key, value in wanted.items())
        assert data["output"].dtype == np.int8
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["v.npz"]


def test_a_failed_save_of_vectors_leaves_the_old_file(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = layer_vectors(package.graph, "sum", package.samples)
    vectors.save(tmp_path / "v.npz")
    before = (tmp_path / "v.npz").read_bytes()

    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            layer_vectors(package.graph, "product", package.samples).save(tmp_path / "v.npz")
    assert (tmp_path / "v.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["v.npz"]
