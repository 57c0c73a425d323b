"""The nodes by table: in a graph, in a package, in ROM images and exports, and refused where nothing runs them."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.contract.hardware import Hardware
from t2c.exports.native import native_network
from t2c.exports.onnx_check import check_onnx
from t2c.exports.onnx_model import onnx_model
from t2c.exports.state_dict import read_state_dict, state_dict_bytes
from t2c.golden.arithmetic.pointwise import pointwise
from t2c.golden.arithmetic.softmax import softmax
from t2c.golden.errors import PackageError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package, load_package, save_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.pointwise import Pointwise
from t2c.golden.nodes.softmax import Softmax
from t2c.golden.rom.tensors import constant_tensors
from t2c.golden.rom.text import RomFormat
from t2c.mapping.compiler import compile_program
from t2c.rom_folder.__main__ import main as roms
from t2c.rom_folder.manifest import RomFolder
from t2c.tb.cosim.report import layer_list
from tests.golden.test_package import assert_equal_packages, edit_package, in_tensor, node, without
from tests.table_net import table_package

ROMS = {("gelu", "table"): (6, True), ("softmax", "exp"): (10, False)}
"""Node and tensor, bits and sign."""


@pytest.fixture(scope="module")
def package() -> Package:
    return table_package()


@pytest.fixture
def folder(package: Package, tmp_path: Path) -> Path:
    save_package(package, tmp_path / "tables")
    return tmp_path / "tables"


def of_kind(package: Package, kind: type[Node]) -> Node:
    (found,) = (item for item in package.graph.nodes if isinstance(item, kind))
    return found


def test_the_graph_runs_them_as_the_functions_do(package: Package) -> None:
    values = package.graph.run(package.samples)
    activation, normaliser = of_kind(package, Pointwise), of_kind(package, Softmax)
    assert isinstance(activation, Pointwise)
    assert isinstance(normaliser, Softmax)
    assert np.array_equal(values["g"], pointwise(values["x"], activation.pointwise, signed=True))
    assert np.array_equal(values["p"], softmax(values["scores"], normaliser.softmax))
    table = normaliser.softmax
    widths = {name: getattr(table, name) for name in ("exponent_bits", "output_bits", "reciprocal_bits")}
    row = values["scores"][1, 0, 3].tolist()
    assert values["p"][1, 0, 3].tolist() == oracle.softmax(row, exp=table.exp.tolist(), mode="half_away", **widths)
    assert len(np.unique(values["p"])) > 20


def test_a_package_keeps_them(package: Package, folder: Path) -> None:
    loaded = load_package(folder)
    assert_equal_packages(package, loaded)
    for item in json.loads((folder / "graph.json").read_text())["nodes"]:
        assert {field.name for field in dataclasses.fields(loaded.graph.node(item["name"]))} <= set(item)
    expected = package.graph.run(package.samples)["p"]
    assert np.array_equal(loaded.graph.run(loaded.samples)["p"], expected)


def in_field(name: str, **values: object) -> object:
    return lambda document, tensors: node(document, name)[name if name == "softmax" else "pointwise"].update(values)


def in_edge(name: str, **values: object) -> object:
    return lambda document, tensors: document["edges"][name].update(values)


TABLE_DAMAGES = {
    "entry too wide": (in_tensor("softmax.exp", 1024), "node 'softmax': exp[0] = 1024 is outside 0..1023"),
    "no first entry": (in_tensor("softmax.exp", 0), "node 'softmax': exp[0] = 0 is below 1"),
    "exponent bits": (in_field("softmax", exponent_bits=17), "node 'softmax': exponent_bits = 17 is outside 4..16"),
    "reciprocal bits": (
        in_field("softmax", reciprocal_bits=15),
        "node 'softmax': reciprocal_bits = 15 is outside 16..",
    ),
    "rounding": (in_field("softmax", rounding="up"), "node 'softmax': rounding = 'up' is not one of"),
    "unknown field": (in_field("softmax", depth=64), "node 'softmax': field 'softmax': unknown field 'depth'"),
    "no table": (in_field("softmax", exp="e"), "node 'softmax': field 'softmax': field 'exp': tensor 'e' is missing"),
    "no constants": (without("softmax", "softmax"), "node 'softmax': field 'softmax' is missing"),
    "odd depth": (
        lambda document, tensors: tensors.update({"softmax.exp": tensors["softmax.exp"][:-1]}),
        "node 'softmax': exp: shape (63,) is not a vector of 2, 4, 8",
    ),
    "scale": (in_edge("p", scale=0.1), "node 'softmax': output 'p': it is not u6 with zero point 0 and scale 2^-6"),
    "sign": (in_edge("p", signed=True), "node 'softmax': output 'p': it is not u6"),
    "zero point": (in_edge("p", zero_point=1), "node 'softmax': output 'p': it is not u6"),
    "shape": (in_edge("p", shape=[2, 6, 5]), "node 'softmax': output 'p' has shape (2, 6, 5), the operation gives"),
    "result too wide": (in_tensor("gelu.table", 32), "node 'gelu': table[0] = 32 is outside -32..31"),
    "result bits": (in_field("gelu", bits=7), "node 'gelu': table: results are s7, output 'g' is s6"),
    "result sign": (in_field("gelu", signed=1), "node 'gelu': field 'pointwise': field 'signed' = 1 is not true or f"),
    "input bits": (
        lambda document, tensors: tensors.update({"gelu.table": tensors["gelu.table"][:128]}),
        "node 'gelu': table: 128 entries for an input of 8 bits",
    ),
}


@pytest.mark.parametrize("damage", TABLE_DAMAGES)
def test_damage_is_refused_by_name(damage: str, folder: Path) -> None:
    edit, message = TABLE_DAMAGES[damage]
    edit_package(folder, edit)
    with pytest.raises(PackageError, match=re.escape(message)) as caught:
        load_package(folder)
    assert "\n" not in str(caught.value)


def test_a_table_deeper_than_the_input_is_refused(package: Package) -> None:
    normaliser = of_kind(package, Softmax)
    edges = {"a": TensorSpec(name="a", shape=(4,), bits=5, signed=True), "p": package.graph.edges["p"]}
    narrow = dataclasses.replace(normaliser, inputs=("a",))
    edges["p"] = dataclasses.replace(edges["p"], shape=(4,))
    with pytest.raises(PackageError, match="node 'softmax': exp: 64 entries for an input of 5 bits"):
        Graph(name="g", widths=package.graph.widths, edges=edges, nodes=(narrow,), input="a", output="p")


def test_roms_write_the_tables(
    package: Package, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert roms(["--model", str(folder), "--out", str(tmp_path / "roms"), "--formats", "hex,mif"]) == 0
    said = capsys.readouterr().out
    found = RomFolder.open(tmp_path / "roms")
    for item in package.graph.nodes:
        for tensor in constant_tensors(item):
            for fmt in (RomFormat.HEX, RomFormat.MIF):
                assert np.array_equal(found.tensor(item.name, tensor.name, fmt), tensor.values)
    layouts = {
        (part["layer"], image["fields"][0]["name"]): (image["bits"], image["signed"])
        for image in found.record["images"]
        for part in image["parts"]
    }
    assert {key: layouts[key] for key in ROMS} == ROMS
    assert f"tensors: {2 * len(found.record['images'])} images, each re-read and equal" in said
    assert "core: no images for a 8x8 array: layer 'product': the second operand 'g' has the zero point -30" in said


NO_ROWS = "ROW_LANES = 0: the core has no row engine; with a power of two that divides COLS it has one"


@pytest.mark.parametrize(
    ("layer", "name", "reason"),
    [
        ("softmax", "softmax", NO_ROWS),
        ("all", "product", "the second operand 'g' has the zero point -30, the core takes 0 alone"),
    ],
)
def test_the_core_refuses_them_by_name(layer: str, name: str, reason: str, package: Package) -> None:
    with pytest.raises(UnsupportedError, match=rf"^layer '{name}': {reason}$"):
        compile_program(package.graph, layer, Hardware(rows=8, cols=8))


def test_the_list_of_layers_says_so(package: Package) -> None:
    lines = [re.split(r"\s{2,}", line) for line in layer_list(package, Hardware()).splitlines()]
    assert ["softmax", "softmax", "2x6x6", "2x6x6", f"no: {NO_ROWS}"] in lines
    assert ["gelu", "pointwise", "2x6x6", "2x6x6", "yes"] in lines


def test_exports_keep_them_or_refuse_them_by_name(package: Package) -> None:
    again, _ = read_state_dict(state_dict_bytes(package.graph))
    assert np.array_equal(again.run(package.samples)["p"], package.graph.run(package.samples)["p"])
    assert check_onnx(onnx_model(package.graph).SerializeToString(), package.graph, package.samples) > 0
    refused = native_network(package.graph).refused
    assert refused["softmax"] == "node 'softmax': torch has no quantised module for softmax"
    assert refused["gelu"] == "node 'gelu': torch has no quantised module for pointwise"
