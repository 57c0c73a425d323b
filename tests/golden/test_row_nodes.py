"""The block of a vision transformer: in a graph, a package, ROM images and exports, refused where nothing runs it."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.exports.compare import check_images
from t2c.exports.native import native_network
from t2c.exports.onnx_check import check_onnx
from t2c.exports.onnx_model import onnx_model
from t2c.exports.state_dict import read_state_dict, state_dict_bytes
from t2c.golden.arithmetic.layer_norm import layer_norm, row_widths
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import PackageError, RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.rom.tensors import constant_tensors
from t2c.golden.rom.text import RomFormat
from t2c.mapping.compiler import compile_program
from t2c.rom_folder.__main__ import main as roms
from t2c.rom_folder.manifest import RomFolder
from t2c.tb.cosim.report import layer_list
from tests.attention_net import CHANNELS, TOKENS, attention_package
from tests.golden.test_package import assert_equal_packages, edit_package, in_tensor, node, without

ROMS = {
    ("tokens", "operand"): (8, True, "CHW"),
    ("place", "operand"): (9, True, "CHW"),
    ("norm1", "multiplier"): (16, True, "O"),
    ("sigmoid", "entries"): (16, True, "X"),
}
"""Node and tensor: bits, sign and axes."""


@pytest.fixture(scope="module")
def package() -> Package:
    return attention_package()


@pytest.fixture
def folder(package: Package, tmp_path: Path) -> Path:
    save_package(package, tmp_path / "attention")
    return tmp_path / "attention"


def test_the_graph_runs_the_block(package: Package) -> None:
    """LayerNorm as the function does it, a residual stream beyond 8 bits, weights of a softmax that add up."""
    values = package.graph.run(package.samples)
    norm = package.graph.node("norm1")
    assert isinstance(norm, LayerNorm)
    assert np.array_equal(values["norm1"], layer_norm(values["stream0"], norm.norm, norm.mulquant, axis=1))
    assert (
        norm.accumulator_bits([package.graph.edges["stream0"]])
        == 1 + row_widths(norm.norm, length=CHANNELS, input_bits=12).peak.bit_length()
    )
    assert (
        norm.worst_accumulator([package.graph.edges["stream0"]])
        == row_widths(norm.norm, length=CHANNELS, input_bits=12).peak
    )
    assert np.abs(values["stream1"]).max() > 127
    assert np.abs(values["weights"].sum(axis=-1) - 256).max() <= TOKENS
    assert all(len(np.unique(values[name])) > 8 for name in package.graph.edges)


def test_a_package_keeps_it(package: Package, folder: Path) -> None:
    loaded = load_package(folder)
    assert_equal_packages(package, loaded)
    for item in json.loads((folder / "graph.json").read_text())["nodes"]:
        held = loaded.graph.node(item["name"])
        optional = {field.name for field in held.fields if field.optional and getattr(held, field.name) is None}
        assert {field.name for field in dataclasses.fields(held)} - optional <= set(item)
    expected = package.graph.run(package.samples)["logits"]
    assert np.array_equal(loaded.graph.run(loaded.samples)["logits"], expected)


def in_node(name: str, **values: object) -> Any:
    return lambda document, tensors: node(document, name).update(values)


def in_record(name: str, record: str, **values: object) -> Any:
    return lambda document, tensors: node(document, name)[record].update(values)


def in_edge(name: str, **values: object) -> Any:
    return lambda document, tensors: document["edges"][name].update(values)


DAMAGES: dict[str, tuple[Any, str]] = {
    "epsilon": (in_record("norm1", "norm", epsilon=0), "node 'norm1': epsilon = 0 is outside 1..281474976710655"),
    "root bits": (in_record("norm1", "norm", root_bits=21), "node 'norm1': root_bits = 21 is outside 8..20"),
    "fraction": (in_record("norm1", "norm", fraction_bits=17), "node 'norm1': fraction_bits = 17 is outside 4..16"),
    "norm field": (in_record("norm1", "norm", axis=1), "node 'norm1': field 'norm': unknown field 'axis'"),
    "no norm": (without("norm1", "norm"), "node 'norm1': field 'norm' is missing"),
    "norm channels": (
        lambda document, tensors: tensors.update(
            {f"norm1.{n}": tensors[f"norm1.{n}"][:5] for n in ("multiplier", "bias", "shift")}
        ),
        "node 'norm1': multiplier: 5 entries for 8 output channels",
    ),
    "norm shape": (
        in_edge("norm1", shape=[8, 1, 5]),
        "node 'norm1': output 'norm1' has shape (8, 1, 5), the operation",
    ),
    "operand too wide": (
        in_tensor("tokens.operand", 128),
        "node 'tokens': operand[0, 0, 0] = 128 is outside -128..127",
    ),
    "operand format": (in_record("tokens", "constant", bits=9), "node 'tokens': constant: it is s9, input 'row' is s8"),
    "operand bits": (in_record("place", "constant", bits=17), "node 'place': bits = 17 is outside 2..16"),
    "operand missing": (in_record("place", "constant", operand="p"), "field 'operand': tensor 'p' is missing"),
    "operand shape": (
        lambda document, tensors: tensors.update({"place.operand": tensors["place.operand"][:, :3]}),
        "node 'place': add_constant: shapes (8, 5, 1) and (8, 3, 1) differ",
    ),
    "first": (in_node("tokens", first=1), "node 'tokens': field 'first' = 1 is not true or false"),
    "axis": (in_node("tokens", axis=3), "node 'tokens': axis = 3 is outside 0..2"),
    "join axis": (
        in_node("both", axis=1),
        "node 'both': output 'both' has shape (16, 5, 1), the operation gives (8, 10, 1)",
    ),
    "join of one": (in_node("both", inputs=["gate"]), "node 'both': 1 inputs where concat takes 2 or more"),
    "join scale": (
        in_edge("gate", scale=0.5),
        "node 'both': output 'both': bits, sign, zero point and scale must equal",
    ),
    "elements": (in_node("row", shape=[8, 5, 1]), "node 'row': shape (8, 2, 2) has not the elements of (8, 5, 1)"),
    "extent as text": (
        in_node("row", shape=["8", 4, 1]),
        "node 'row': field 'shape' = ['8', 4, 1] is not a list of int",
    ),
    "axes": (
        in_node("q", axes=[0, 2, 2]),
        "node 'q': axes = (0, 2, 2) does not name each axis of shape (2, 4, 5) once",
    ),
    "part": (in_node("v_part", length=9), "node 'v_part': length = 9 is outside 1..8"),
    "start": (in_node("v_part", start=-1), "node 'v_part': start = -1 is outside 0..65534"),
    "view scale": (in_edge("q", scale=0.5), "node 'q': output 'q': bits, sign, zero point and scale must equal the"),
    "entries": (
        lambda document, tensors: tensors.update({"sigmoid.entries": tensors["sigmoid.entries"][:-1]}),
        "node 'sigmoid': entries: shape (512,) is not a vector of 513",
    ),
    "interpolated input": (
        lambda document, tensors: node(document, "sigmoid").update(inputs=["out"]),
        "node 'sigmoid': bits of input 'out' = 8 is outside 10..16",
    ),
    "interpolated ends": (in_record("sigmoid", "interpolate", hi=256), "node 'sigmoid': hi = 256 is outside 0..255"),
    "stream into a product": (
        lambda document, tensors: node(document, "qkv").update(inputs=["stream0"]),
        "node 'qkv': edge 'stream0' has 12 bits; conv2d has at most 8 there",
    ),
    "stream too wide": (in_edge("stream0", bits=17), "edge 'stream0': bits = 17 is outside 2..16"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_by_name(damage: str, folder: Path) -> None:
    edit, message = DAMAGES[damage]
    edit_package(folder, edit)
    with pytest.raises(PackageError, match=re.escape(message)) as caught:
        load_package(folder)
    assert "\n" not in str(caught.value)


def test_a_row_longer_than_rows_may_be_is_refused(package: Package) -> None:
    norm = package.graph.node("norm1")
    edges = {n: TensorSpec(name=n, shape=(4097, 1, 1), bits=8, signed=True, zero_point=3) for n in ("stream0", "norm1")}
    with pytest.raises(PackageError, match=r"node 'norm1': channels of a row = 4097 is outside 1\.\.4096"):
        Graph(name="g", widths=package.graph.widths, edges=edges, nodes=(norm,), input="stream0", output="norm1")


def test_t_that_does_not_fit_the_accumulator_is_refused(package: Package) -> None:
    norm = package.graph.node("norm1")
    assert isinstance(norm, LayerNorm)
    stream, output = package.graph.edges["stream0"], package.graph.edges["norm1"]
    needed = norm.accumulator_bits([stream])
    for acc in (needed, needed - 1):
        quant = dataclasses.replace(norm.mulquant, widths=Widths(acc=acc))
        narrow = dataclasses.replace(norm, mulquant=quant)
        if acc == needed:
            narrow.check_numbers([stream], output)
            continue
        with pytest.raises(RangeError, match=f"accumulator: worst case .* needs {needed} bits, acc width is {acc}"):
            narrow.check_numbers([stream], output)


def test_roms_write_the_constants(
    package: Package, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert roms(["--model", str(folder), "--out", str(tmp_path / "roms"), "--formats", "hex,mif"]) == 0
    said = capsys.readouterr().out
    found = RomFolder.open(tmp_path / "roms")
    seen = {}
    for item in package.graph.nodes:
        for tensor in constant_tensors(item):
            seen[item.name, tensor.name] = (tensor.layout.bits, tensor.layout.signed, tensor.axes)
            for fmt in (RomFormat.HEX, RomFormat.MIF):
                assert np.array_equal(found.tensor(item.name, tensor.name, fmt), tensor.values)
    assert {key: seen[key] for key in ROMS} == ROMS
    assert f"tensors: {2 * len(found.record['images'])} images, each re-read and equal" in said
    assert "core: no images for a 8x8 array: layer 'place': output of 12 bits does not fit X_W = 8" in said


CORE_REFUSES = {
    "q": "transpose moves no data; there is nothing to run",
    "qkv": None,
    "v_part": "slice moves no data; there is nothing to run",
    "row": "reshape moves no data; there is nothing to run",
    "place": "output of 12 bits does not fit X_W = 8",
    "norm1": "input 'stream0' of 12 bits does not fit X_W = 8",
    "sum1": "input 'stream0' of 12 bits does not fit X_W = 8",
    "running": "input 'stream2' of 12 bits does not fit X_W = 8",
    "sigmoid": "input 'stream2' of 12 bits does not fit X_W = 8",
}


@pytest.mark.parametrize("layer", CORE_REFUSES)
def test_the_core_refuses_by_name(layer: str, package: Package) -> None:
    reason = CORE_REFUSES[layer]
    if reason is None:
        assert compile_program(package.graph, layer, Hardware(rows=8, cols=8)).steps
        return
    with pytest.raises(UnsupportedError, match=f"^layer '{layer}': {reason}$"):
        compile_program(package.graph, layer, Hardware(rows=8, cols=8))


def test_the_core_refuses_them_in_8_bits_too(package: Package) -> None:
    """Without a row engine, whatever the width of these edges."""
    found = next(item for item in package.graph.nodes if item.op == "layer_norm")
    shape = package.graph.edges[found.output].shape
    zero_point = found.stage.zero_point
    edges = {
        name: TensorSpec(name=name, shape=shape, bits=8, signed=True, zero_point=zero_point)
        for name in (*found.inputs, found.output)
    }
    stage = dataclasses.replace(found.stage, lo=-128, hi=127)
    narrow = dataclasses.replace(found, **{found.stage_field: stage})
    graph = Graph(
        name="g", widths=package.graph.widths, edges=edges, nodes=(narrow,), input=found.inputs[0], output=found.output
    )
    with pytest.raises(UnsupportedError, match=f"^layer '{found.name}': ROW_LANES = 0: "):
        compile_program(graph, "all", Hardware(rows=8, cols=8))


def test_the_list_of_layers_says_so(package: Package) -> None:
    lines = [re.split(r"\s{2,}", line) for line in layer_list(package, Hardware()).splitlines()]
    for layer, reason in CORE_REFUSES.items():
        (line,) = (line for line in lines if line[0] == layer)
        assert line[-1] == (f"no: {reason}" if reason else "yes: 960 MACs an image")


def test_exports_keep_it(package: Package) -> None:
    """onnxruntime gives golden's integers on every tensor, those of 12 bits too; a state dict gives the graph again."""
    again, _ = read_state_dict(state_dict_bytes(package.graph))
    assert np.array_equal(again.run(package.samples)["logits"], package.graph.run(package.samples)["logits"])
    images = check_images(package.graph, package.samples, 3)
    model = onnx_model(package.graph)
    tensors = sum(int(np.prod(package.graph.edges[item.output].shape)) for item in package.graph.nodes)
    assert check_onnx(model.SerializeToString(), package.graph, images) == 2 * len(images) * tensors
    refused = native_network(package.graph).refused
    for item in package.graph.nodes:
        if item.op not in ("conv2d", "linear", "flatten"):
            assert refused[item.name].startswith(f"node '{item.name}': "), item.name


@pytest.mark.sample(3)
@pytest.mark.parametrize("seed", range(1, 4))
def test_other_blocks_come_through_onnx(seed: int) -> None:
    other = attention_package(seed)
    assert check_onnx(onnx_model(other.graph).SerializeToString(), other.graph, other.samples[:1]) > 0


def test_what_onnxruntime_cannot_pool_is_refused(package: Package) -> None:
    wide = TensorSpec(name="x", shape=(1, 4, 4), bits=12, signed=True)
    pool = MaxPool2d(name="p", inputs=("x",), output="y", kernel=(2, 2), stride=(2, 2))
    average = AveragePool2d(
        name="p",
        inputs=("x",),
        output="y",
        kernel=(2, 2),
        stride=(2, 2),
        mulquant=package.graph.node("running").mulquant,
    )
    average = dataclasses.replace(
        average, mulquant=dataclasses.replace(average.mulquant, multiplier=[1], bias=[0], shift=[0])
    )
    widths = package.graph.widths
    maps = {"x": wide, "y": dataclasses.replace(wide, name="y", shape=(1, 2, 2))}
    with pytest.raises(UnsupportedError, match="node 'p': input of 12 bits; onnxruntime's MaxPool takes 8"):
        onnx_model(Graph(name="g", widths=widths, edges=maps, nodes=(pool,), input="x", output="y"))
    maps["y"] = TensorSpec(name="y", shape=(1, 2, 2), bits=8, signed=False)
    with pytest.raises(UnsupportedError, match="node 'p': input of 12 bits; ONNX's integer sums take 8"):
        onnx_model(Graph(name="g", widths=widths, edges=maps, nodes=(average,), input="x", output="y"))
