"""Several inputs and outputs, results of the host, names that come twice, what is left over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c.golden.graph.package import load_package
from t2c.importing.errors import RefusedError
from t2c.importing.importer import import_file
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_file import TfliteFile, litert, options
from tests.importing.tflite_layers import Layers


def two_branches() -> Layers:
    """An image and a vector in; a map, a softmax and a sum out."""
    layers = Layers((1, 4, 3, 2))
    other = layers.file.tensor((1, 5), name="side", scale=0.13, zero_point=44)
    layers.conv(3, (2, 2), output=(3, 2), scale=0.21)
    first = layers.last
    layers.reshape((1, 18))
    layers.fully_connected(4)
    scores = layers.last
    layers.softmax()
    result = layers.last
    layers.last, layers.shape, layers.scale, layers.zero_point = other, (1, 5), 0.13, 44
    layers.fully_connected(4, scale=0.17)
    out = layers.file.tensor((1, 4), name="sum", scale=0.31, zero_point=-1)
    layers.file.operator("ADD", [scores, layers.last], out, options("AddOptions"), version=2)
    layers.ends = [layers.first, other], [first, result, out]  # type: ignore[attr-defined]
    return layers


def test_two_inputs_and_three_outputs() -> None:
    layers = two_branches()
    network = assert_equal_to_litert(layers.file.data(*layers.ends))  # type: ignore[attr-defined]
    assert network.graph.edges[network.graph.input].shape == (24 + 5,)
    assert network.graph.edges[network.graph.output].shape == (18 + 4 + 4,)
    assert [tensor.name for tensor in network.outputs] == ["t4", "t9", "sum"]
    values = np.arange(26).reshape(1, 26)
    assert np.array_equal(network.outputs[2].of(values), [[22, 23, 24, 25]])


def test_samples_are_inputs_one_after_the_other(tmp_path: Path) -> None:
    layers, path = two_branches(), tmp_path / "two.tflite"
    data = layers.file.data(*layers.ends)  # type: ignore[attr-defined]
    path.write_bytes(data)
    images = np.random.default_rng(1).integers(-128, 128, (3, 29))
    np.save(tmp_path / "in.npy", images)
    import_file(path, tmp_path / "package", samples=tmp_path / "in.npy")
    package = load_package(tmp_path / "package")
    output = package.graph.run(package.samples)[package.graph.output]
    assert np.array_equal(output[:, -4:], litert(data, images)["sum"])


def test_an_output_that_others_read_too() -> None:
    layers = Layers((1, 4))
    layers.fully_connected(5)
    first = layers.last
    layers.fully_connected(3)
    assert_equal_to_litert(layers.file.data([layers.first], [first, layers.last, first]))


def test_real_results_of_several_outputs() -> None:
    layers = Layers((1, 4))
    outs = []
    for _ in range(2):
        layers.fully_connected(4)
        outs.append(layers.file.tensor((1, 4), type_="FLOAT32"))
        layers.file.operator("DEQUANTIZE", [layers.last], outs[-1], version=2)
    network = imported(layers.file.data([layers.first], outs))
    assert len(network.outputs) == 2


@pytest.mark.parametrize("shape", [(1, 7), (1, 5, 7), (1, 3, 2, 7)])
@pytest.mark.parametrize("beta", [1.0, 0.31])
def test_softmax_of_rows(shape: tuple[int, ...], beta: float) -> None:
    layers = Layers(shape, scale=0.11)
    given = layers.last
    layers.file.operator("RELU6", [given], layers.output(shape, 0.03, -100))
    layers.softmax(beta)
    layers.reshape((1, int(np.prod(shape))))
    assert_equal_to_litert(layers.data())


@pytest.mark.parametrize("hosted", [False, True])
def test_arg_max(hosted: bool) -> None:
    layers = Layers((1, 3, 4, 2))
    layers.conv(5, (1, 1), output=(3, 4))
    if hosted:
        layers.softmax()
    given, axis = layers.last, layers.file.tensor((1,), type_="INT32", data=[3])
    out = layers.file.tensor((1, 3, 4), name="class", type_="INT64")
    layers.file.operator("ARG_MAX", [given, axis], out, options("ArgMaxOptions", outputType=4))
    network = assert_equal_to_litert(layers.file.data([layers.first], [out]))
    assert network.host[-1].operation == "ARG_MAX"


def test_a_convolution_of_the_hosts_result_is_refused() -> None:
    layers = Layers((1, 3, 3, 2))
    layers.conv(4, (1, 1), output=(3, 3))
    layers.softmax()
    layers.conv(4, (1, 1), output=(3, 3))
    with pytest.raises(
        RefusedError, match=r"operator 2 \(CONV_2D\): tensor 4 .* comes after an operator that the host"
    ):
        imported(layers.data())


def test_names_that_come_twice_or_are_empty() -> None:
    layers = Layers((1, 4))
    layers.fully_connected(3)
    layers.fully_connected(2)
    for index in (3, 6):
        layers.file.graph.tensors[index].name = "same"
    layers.file.graph.tensors[0].name = ""
    network = imported(layers.data())
    assert list(network.tensors) == ["#0", "same#3", "same#6"]


def test_an_operator_that_nothing_reads_is_there_all_the_same() -> None:
    layers = Layers((1, 4))
    layers.fully_connected(3)
    layers.last, layers.shape, layers.scale, layers.zero_point = layers.first, (1, 4), 0.05, -3
    layers.fully_connected(2)
    assert_equal_to_litert(layers.data())


def test_what_no_operator_makes_is_no_output() -> None:
    layers = Layers((1, 4))
    layers.fully_connected(3)
    for index, wanted in (
        (1, "is a constant"),
        (layers.file.tensor((1, 4), scale=0.1), "is not an output of an operator"),
    ):
        with pytest.raises(
            RefusedError,
            match=rf"^model.tflite: output: tensor {index} .* {wanted}|^output: tensor {index} .* {wanted}",
        ):
            imported(layers.file.data([layers.first], [index]))


def test_inputs_of_two_types_are_refused() -> None:
    file = TfliteFile()
    a, b = file.tensor((1, 4), scale=0.1), file.tensor((1, 4), type_="UINT8", scale=0.1)
    outs = [file.tensor((1, 4), scale=0.2) for _ in range(2)]
    file.operator("RELU", [a], outs[0])
    file.operator("QUANTIZE", [b], outs[1])
    with pytest.raises(RefusedError, match=r"inputs: tensor 0 .* is INT8, tensor 1 .* is UINT8"):
        imported(file.data([a, b], outs))


def test_outputs_of_two_types_are_refused() -> None:
    file = TfliteFile()
    given = file.tensor((1, 4), scale=0.1)
    outs = [file.tensor((1, 4), type_=kind, scale=0.2) for kind in ("INT8", "UINT8")]
    for out in outs:
        file.operator("QUANTIZE", [given], out)
    with pytest.raises(RefusedError, match="outputs: t2 has another format than t1"):
        imported(file.data([given], outs))


def test_what_the_host_would_make_of_no_output_is_left_out() -> None:
    layers = Layers((1, 4))
    layers.fully_connected(3)
    layers.softmax()
    layers.last, layers.shape, layers.scale, layers.zero_point = layers.first, (1, 4), 0.05, -3
    layers.fully_connected(2)
    network = assert_equal_to_litert(layers.data())
    assert network.host == ()
