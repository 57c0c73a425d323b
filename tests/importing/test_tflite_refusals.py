"""What cannot be imported: one line that names operator and tensor, every reason at once, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.__main__ import main
from t2c.golden.graph.package import load_package
from t2c.importing.errors import RefusedError
from tests.conftest import ROOT
from tests.importing.judged import imported
from tests.importing.tflite_file import TfliteFile, options, schema
from tests.importing.tflite_layers import Layers


def network() -> Layers:
    """Input 0, weight 1, bias 2, convolution 3; reshape's shape 4, vector 5; weight 6, bias 7, logits 8; softmax 9."""
    layers = Layers((1, 4, 4, 2))
    layers.conv(3, (2, 2), output=(3, 3))
    layers.reshape((1, 27))
    layers.fully_connected(4)
    layers.softmax()
    return layers


def tensor(index: int, **fields: Any) -> Callable[[Layers], None]:
    def change(layers: Layers) -> None:
        for name, value in fields.items():
            assert hasattr(layers.file.graph.tensors[index], name)
            setattr(layers.file.graph.tensors[index], name, value)

    return change


def quantisation(index: int, **fields: Any) -> Callable[[Layers], None]:
    def change(layers: Layers) -> None:
        for name, value in fields.items():
            assert hasattr(layers.file.graph.tensors[index].quantization, name)
            setattr(layers.file.graph.tensors[index].quantization, name, value)

    return change


def chosen(index: int, **fields: Any) -> Callable[[Layers], None]:
    def change(layers: Layers) -> None:
        for name, value in fields.items():
            assert hasattr(layers.file.graph.operators[index].builtinOptions, name)
            setattr(layers.file.graph.operators[index].builtinOptions, name, value)

    return change


def operator(index: int, **fields: Any) -> Callable[[Layers], None]:
    def change(layers: Layers) -> None:
        for name, value in fields.items():
            setattr(layers.file.graph.operators[index], name, value)

    return change


def code(index: int, **fields: Any) -> Callable[[Layers], None]:
    def change(layers: Layers) -> None:
        for name, value in fields.items():
            setattr(layers.file.model.operatorCodes[index], name, value)

    return change


def second_subgraph(layers: Layers) -> None:
    layers.file.model.subgraphs.append(schema.SubGraphT())


def other_schema(layers: Layers) -> None:
    layers.file.model.version = 4


FLOAT, UINT8 = schema.TensorType.FLOAT32, schema.TensorType.UINT8
CASES = {
    "float input": (tensor(0, type=FLOAT), r"input: tensor 0 \('in'\) is FLOAT32, not INT8: a float model"),
    "hybrid": (tensor(3, type=FLOAT), r"operator 0 \(CONV_2D\): tensor 3 \('t3'\) is FLOAT32, not INT8: a float model"),
    "uint8": (tensor(3, type=UINT8), r"operator 0 \(CONV_2D\): tensor 3 \('t3'\) is UINT8, not INT8"),
    "dynamic": (
        tensor(0, shapeSignature=[1, -1, 4, 2]),
        r"input: tensor 0 \('in'\) is a dynamic shape, \(1, -1, 4, 2\)",
    ),
    "no extent": (tensor(3, shape=[1, 0, 3, 3]), r"operator 0 \(CONV_2D\): tensor 3 \('t3'\) is a dynamic shape"),
    "batch": (tensor(0, shape=[2, 4, 4, 2]), r"input: tensor 0 \('in'\) has shape \(2, 4, 4, 2\); a batch of 1"),
    "variable": (tensor(3, isVariable=True), r"operator 0 \(CONV_2D\): tensor 3 \('t3'\) is a variable"),
    "sparse": (
        tensor(1, sparsity=schema.SparsityParametersT()),
        r"operator 0 \(CONV_2D\): tensor 1 \('t1'\) is sparse",
    ),
    "other shape": (
        tensor(3, shape=[1, 3, 3, 4]),
        r"operator 0 \(CONV_2D\): tensor 3 .* the operation gives \(1, 3, 3, 3\)",
    ),
    "scale 0": (
        quantisation(3, scale=np.array([0.0], np.float32)),
        r"operator 0 \(CONV_2D\): tensor 3 \('t3'\): scale 0.0 is not",
    ),
    "scale -1": (
        quantisation(8, scale=np.array([-1.0], np.float32)),
        r"operator 2 \(FULLY_CONNECTED\): tensor 8 .*: scale -1.0 is not",
    ),
    "scale nan": (
        quantisation(1, scale=np.full(3, np.nan, np.float32)),
        r"operator 0 \(CONV_2D\): tensor 1 \('t1'\): scale nan is not",
    ),
    "scale inf": (quantisation(0, scale=np.array([np.inf], np.float32)), r"input: tensor 0 \('in'\): scale inf is not"),
    "zero point": (
        quantisation(3, zeroPoint=np.array([128])),
        r"operator 0 \(CONV_2D\): tensor 3 .*: zero point 128 is outside",
    ),
    "weight's": (
        quantisation(1, zeroPoint=np.array([0, 1, 0])),
        r"operator 0 \(CONV_2D\): tensor 1 .*: zero point 1 of constants",
    ),
    "scales": (
        quantisation(1, scale=np.ones(2, np.float32)),
        r"operator 0 \(CONV_2D\): tensor 1 \('t1'\) has 2 scales, 3 zero points, not 3",
    ),
    "axis": (
        quantisation(1, quantizedDimension=3),
        r"operator 0 \(CONV_2D\): tensor 1 .* has scales along axis 3, not 0",
    ),
    "none": (
        tensor(3, quantization=None),
        r"operator 0 \(CONV_2D\): tensor 3 \('t3'\) has 0 scales, 0 zero points, not 1",
    ),
    "reading": (
        quantisation(5, scale=np.array([0.2], np.float32)),
        r"operator 1 \(RESHAPE\): tensor 3 .* and tensor 5 .* differ in scale",
    ),
    "stride": (chosen(0, strideH=0), r"operator 0 \(CONV_2D\): stride \(0, 1\) is outside 1..4096"),
    "dilation": (chosen(0, dilationWFactor=-1), r"operator 0 \(CONV_2D\): dilation \(1, -1\) is outside"),
    "padding": (chosen(0, padding=2), r"operator 0 \(CONV_2D\): padding 2 is neither SAME nor VALID"),
    "activation": (chosen(0, fusedActivationFunction=4), r"operator 0 \(CONV_2D\): fused activation 4 is none of"),
    "format": (chosen(2, weightsFormat=1), r"operator 2 \(FULLY_CONNECTED\): weights format 1 is not the plain one"),
    "beta": (chosen(3, beta=-1.0), r"operator 3 \(SOFTMAX\): beta -1.0 is not a positive number"),
    "a flat softmax": (
        quantisation(8, scale=np.array([1e-9], np.float32)),
        r"operator 3 \(SOFTMAX\): tensor 8 .*: scale 9.9.*e-10 is too small for LiteRT",
    ),
    "no options": (
        operator(0, builtinOptions=None, builtinOptionsType=0),
        r"operator 0 \(CONV_2D\): it has no Conv2DOptions",
    ),
    "foreign": (
        operator(0, builtinOptions=schema.Pool2DOptionsT(), builtinOptionsType=schema.BuiltinOptions.Pool2DOptions),
        r"operator 0 \(CONV_2D\): its options are no Conv2DOptions",
    ),
    "no weight": (operator(0, inputs=[0]), r"operator 0 \(CONV_2D\): 1 inputs; activation, weight and bias are wanted"),
    "no bias": (operator(0, inputs=[0, 1, -1]), r"operator 0 \(CONV_2D\): it has no bias"),
    "no constant": (operator(0, inputs=[0, 0, 2]), r"operator 0 \(CONV_2D\): tensor 0 \('in'\) is no constant"),
    "a constant": (operator(0, inputs=[1, 1, 2]), r"operator 0 \(CONV_2D\): tensor 1 "),
    "later": (
        operator(0, inputs=[8, 1, 2]),
        r"operator 0 \(CONV_2D\): tensor 8 .* is not an output of an operator before",
    ),
    "two outputs": (operator(0, outputs=[3, 5]), r"operator 0 \(CONV_2D\): 2 outputs; one is wanted"),
    "version": (code(0, version=99), r"operator 0 \(CONV_2D\): version 99 is outside 1..8"),
    "custom": (
        code(0, builtinCode=32, deprecatedBuiltinCode=32, customCode=b"evil\x1b[2J"),
        r"operator 0 \(CUSTOM 'evil\\x1b\[2J'\) cannot be imported",
    ),
    "subgraphs": (second_subgraph, r"it has 2 subgraphs; one is wanted"),
    "schema": (other_schema, r"schema version 4 is not 3"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_refused_by_name(name: str) -> None:
    change, wanted = CASES[name]
    layers = network()
    change(layers)
    with pytest.raises(RefusedError, match=wanted):
        imported(layers.data())


def test_every_reason_comes_at_once() -> None:
    layers = network()
    for name in ("stride", "format", "beta"):
        CASES[name][0](layers)
    with pytest.raises(RefusedError, match="3 reasons: ") as caught:
        imported(layers.data())
    assert [reason.partition(":")[0] for reason in caught.value.reasons] == [
        "operator 0 (CONV_2D)",
        "operator 2 (FULLY_CONNECTED)",
        "operator 3 (SOFTMAX)",
    ]


def test_sums_that_leave_int32_are_refused() -> None:
    layers = Layers((1, 2, 2, 1))
    layers.conv(1, (1, 1), output=(2, 2), largest_bias=0)
    buffer = layers.file.model.buffers[2]
    buffer.data = np.frombuffer(np.array([(1 << 31) - 1], np.int32).tobytes(), np.uint8)
    with pytest.raises(RefusedError, match=r"operator 0 \(CONV_2D\): tensor 3 .*: sums can leave int32"):
        imported(layers.data())


def test_an_add_of_shapes_that_do_not_broadcast_is_refused() -> None:
    file = TfliteFile()
    given, other = (file.tensor((1, n), name=f"in{n}", scale=0.1) for n in (4, 3))
    out = file.tensor((1, 4), scale=0.1)
    file.operator("ADD", [given, other], out, options("AddOptions"))
    with pytest.raises(RefusedError, match=r"operator 0 \(ADD\): tensor 0 .* of shape \(1, 4\) and tensor 1"):
        imported(file.data([given, other], [out]))


@pytest.mark.parametrize("keep", [0, 4, 8, 40, 400])
def test_a_truncated_file_is_refused(keep: int) -> None:
    with pytest.raises(RefusedError, match=r"damaged or truncated|no TFLite file"):
        imported(network().data()[:keep])


def test_a_file_without_operators_is_refused() -> None:
    file = TfliteFile()
    given = file.tensor((1, 4), name="in", scale=0.1)
    with pytest.raises(RefusedError, match="no operation that the core could run"):
        imported(file.data([given], [given]))


def write(folder: Path, data: bytes) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(data)
    return path


def t2c(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "t2c", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_command_writes_a_package_and_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write(tmp_path, network().data()), tmp_path / "small"
    np.save(tmp_path / "in.npy", np.random.default_rng(1).integers(-128, 128, (3, 4, 4, 2)).astype(np.int8))
    assert main(["import", str(path), "--out", str(out), "--samples", str(tmp_path / "in.npy")]) == 0
    said = capsys.readouterr().out
    assert "exact, proven" in said
    assert "host" in said
    package = load_package(out)
    assert package.graph.name == "small"
    assert np.array_equal(package.samples, np.load(tmp_path / "in.npy").transpose(0, 3, 1, 2))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["in.npy", "model.tflite", "small"]
    assert main(["import", str(path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [layer["operation"] for layer in document["layers"]] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    assert [layer["runs_on"] for layer in document["layers"]][-1] == "host"
    assert document["macs"] == 3 * 3 * 24 + 27 * 4
    assert document["differing"] == 0


@pytest.mark.slow
def test_a_refusal_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    layers = network()
    for name in ("stride", "beta"):
        CASES[name][0](layers)
    path, out = write(tmp_path, layers.data()), tmp_path / "small"
    done = t2c("import", path, "--out", out)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert done.stderr.startswith(f"error: {path}: 2 reasons: operator 0 (CONV_2D): stride (0, 1)")
    assert not out.exists()
    done = t2c("import", path, "--json")
    assert done.returncode == 2
    assert len(json.loads(done.stdout)["refused"]) == 2


@pytest.mark.parametrize(
    ("samples", "wanted"),
    [
        (np.zeros((2, 4, 4, 2)), r"float64 of shape \(2, 4, 4, 2\)"),
        (np.zeros((2, 4, 4, 3), np.int8), r"integers of 32 each are wanted"),
        (np.full((1, 4, 4, 2), 128), r"values 128..128 are outside the input's -128..127"),
        (np.array([None, {}]), "no array of integers"),
    ],
)
def test_samples_that_do_not_fit_are_refused(tmp_path: Path, samples: Any, wanted: str) -> None:
    path, out = write(tmp_path, network().data()), tmp_path / "small"
    np.save(tmp_path / "in.npy", samples, allow_pickle=True)
    with pytest.raises(ValueError, match=wanted):
        main(["import", str(path), "--out", str(out), "--samples", str(tmp_path / "in.npy")])
    assert not out.exists()


def test_a_file_of_another_type_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.caffe").write_bytes(b"")
    with pytest.raises(ValueError, match=r"x.caffe: no reader for '.caffe'; there are .*\.tflite"):
        main(["import", str(tmp_path / "x.caffe")])


def test_what_is_no_package_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path, network().data())
    (tmp_path / "mine").mkdir()
    with pytest.raises(ValueError, match="exists and is not a model package; not overwritten"):
        main(["import", str(path), "--out", str(tmp_path / "mine")])
