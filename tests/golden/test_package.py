"""Model packages on disk: exact round trip, atomic writes, and a named refusal of every kind of damage."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.golden.errors import PackageError
from t2c.golden.graph import package as package_module
from t2c.golden.graph.codec import node_to_json
from t2c.golden.graph.package import GRAPH_FILE, TENSOR_FILE, Package, load_package, save_package
from tests.every_op import every_op_package

Json = dict[str, Any]
Tensors = dict[str, np.ndarray]
Edit = Callable[[Json, Tensors], object]


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undamaged package; copied, never written."""
    folder = tmp_path_factory.mktemp("packages") / "sound"
    save_package(every_op_package(), folder)
    return folder


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    """A package to damage."""
    return Path(shutil.copytree(sound, tmp_path / "copy"))


def read(folder: Path) -> Json:
    return json.loads((folder / GRAPH_FILE).read_text())


def write(folder: Path, document: Json, archive: bytes | None = None) -> None:
    """Write graph.json, and the tensor file with a hash that matches it."""
    if archive is not None:
        (folder / TENSOR_FILE).write_bytes(archive)
        document["tensors_sha256"] = hashlib.sha256(archive).hexdigest()
    document.pop("graph_sha256", None)  # so that the fault itself is what is refused
    (folder / GRAPH_FILE).write_text(json.dumps(document))


def edit_package(folder: Path, edit: Edit) -> None:
    """Apply a change to the JSON document and the tensors."""
    document = read(folder)
    with np.load(folder / TENSOR_FILE) as data:
        tensors = dict(data)
    edit(document, tensors)
    stream = io.BytesIO()
    np.savez(stream, **tensors)
    write(folder, document, stream.getvalue())


def node(document: Json, name: str) -> Json:
    return next(node for node in document["nodes"] if node["name"] == name)


def assert_equal_packages(left: Package, right: Package) -> None:
    assert left.graph.edges == right.graph.edges
    assert (left.graph.widths, left.graph.input, left.graph.output) == (
        right.graph.widths,
        right.graph.input,
        right.graph.output,
    )
    assert (left.name, left.description, left.metrics) == (right.name, right.description, right.metrics)
    assert np.array_equal(left.samples, right.samples)
    assert np.array_equal(left.labels, right.labels)
    assert len(left.graph.nodes) == len(right.graph.nodes)
    for mine, other in zip(left.graph.nodes, right.graph.nodes, strict=True):
        assert type(mine) is type(other)
        my_tensors: Tensors = {}
        other_tensors: Tensors = {}
        assert node_to_json(mine, my_tensors) == node_to_json(other, other_tensors)
        assert my_tensors.keys() == other_tensors.keys()
        assert all(np.array_equal(my_tensors[key], other_tensors[key]) for key in my_tensors)


def test_every_operation_survives_the_disk(sound: Path) -> None:
    package, loaded = every_op_package(), load_package(sound)
    assert_equal_packages(package, loaded)
    expected = package.graph.run(package.samples)
    for name, values in loaded.graph.run(loaded.samples).items():
        assert np.array_equal(values, expected[name]), name


def test_no_field_of_a_node_is_left_out_of_the_file(sound: Path) -> None:
    """Every dataclass field of a node appears in its JSON object."""
    for item in read(sound)["nodes"]:
        node = load_package(sound).graph.node(item["name"])
        optional = {field.name for field in node.fields if field.optional and getattr(node, field.name) is None}
        assert {field.name for field in fields(node)} - optional <= set(item)


def test_loaded_arrays_are_int64(sound: Path) -> None:
    loaded = load_package(sound)
    arrays = [loaded.samples, loaded.labels, loaded.graph.node("fc").weight, loaded.graph.node("fc").mulquant.bias]
    assert {array.dtype for array in arrays} == {np.dtype(np.int64)}


def test_the_same_package_gives_the_same_bytes(sound: Path, tmp_path: Path) -> None:
    save_package(load_package(sound), tmp_path / "again")
    for name in (GRAPH_FILE, TENSOR_FILE):
        assert (tmp_path / "again" / name).read_bytes() == (sound / name).read_bytes()


def test_the_archive_bears_no_date_of_today(sound: Path) -> None:
    with zipfile.ZipFile(sound / TENSOR_FILE) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("model", ["digits_w8a8", "digits_w4a4"])
def test_the_shipped_packages_round_trip_to_the_same_document(model: str, examples: Path, tmp_path: Path) -> None:
    save_package(load_package(examples / model), tmp_path / model)
    ours, theirs = read(tmp_path / model), read(examples / model)
    # deflate may differ between zlib builds: the tensors are compared, not the archive
    assert ours | {"tensors_sha256": ""} == theirs | {"tensors_sha256": ""}
    with np.load(tmp_path / model / TENSOR_FILE) as mine, np.load(examples / model / TENSOR_FILE) as shipped:
        assert mine.files == shipped.files
        assert all(np.array_equal(mine[name], shipped[name]) for name in mine.files)


def test_saving_replaces_an_older_package(sound: Path, tmp_path: Path) -> None:
    save_package(every_op_package(seed=1), tmp_path / "p")
    save_package(load_package(sound), tmp_path / "p")
    assert (tmp_path / "p" / TENSOR_FILE).read_bytes() == (sound / TENSOR_FILE).read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def fail(*_: object, **__: object) -> None:
    raise OSError("disk full")


def no_tensors(self: Path, data: bytes) -> None:
    raise OSError("disk full")


def half_a_graph(self: Path, data: str) -> None:
    self.write_bytes(data.encode()[: len(data) // 2])
    raise OSError("disk full")


@pytest.mark.parametrize(
    ("target", "name", "broken"),
    [
        (os, "replace", fail),
        (Path, "write_bytes", no_tensors),
        (Path, "write_text", half_a_graph),
        (package_module, "swap_in", fail),
    ],
)
@pytest.mark.parametrize("existing", [True, False])
def test_a_failed_save_changes_nothing(
    target: object, name: str, broken: object, existing: bool, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not existing:
        shutil.rmtree(copy)
    before = {path.name: path.read_bytes() for path in copy.iterdir()} if existing else None
    with monkeypatch.context() as patch:
        patch.setattr(target, name, broken)
        with pytest.raises(OSError, match="disk full"):
            save_package(every_op_package(seed=1), copy)
    after = {path.name: path.read_bytes() for path in copy.iterdir()} if copy.exists() else None
    assert after == before
    assert [path.name for path in copy.parent.iterdir()] == (["copy"] if existing else [])


@pytest.mark.parametrize("failing", [1, 2])
def test_the_old_package_returns_if_the_swap_breaks_half_way(
    failing: int, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first replace puts the old package aside, the second moves the new one in."""
    real, calls = os.replace, []

    def flaky(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == failing:
            raise OSError("disk full")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", flaky)
        with pytest.raises(OSError, match="disk full"):
            save_package(every_op_package(seed=1), copy)
    assert_equal_packages(load_package(copy), every_op_package())
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_the_old_package_is_never_deleted_even_if_it_cannot_return(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.replace, []

    def flaky(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) > 1:
            raise OSError("disk gone")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", flaky)
        with pytest.raises(OSError, match="disk gone"):
            save_package(every_op_package(seed=1), copy)
    (kept,) = copy.parent.rglob(GRAPH_FILE)
    assert_equal_packages(load_package(kept.parent), every_op_package())


@pytest.mark.parametrize(
    ("padding", "written"),
    [((1, 0), [1, 0]), ((1, 1, 0, 0), [1, 0]), ((0, 1, 0, 1), [0, 1, 0, 1]), ((2, 2, 1, 0), [2, 2, 1, 0])],
    ids=str,
)
def test_padding_is_a_pair_unless_its_sides_differ(padding: Any, written: list[int], tmp_path: Path) -> None:
    package = every_op_package()
    graph = package.graph
    nodes = tuple(replace(node, padding=padding) if node.name == "right" else node for node in graph.nodes[:2])
    x = [graph.edges[graph.input]]
    edges = {**{x[0].name: x[0]}, **{n.output: replace(graph.edges[n.output], shape=n.output_shape(x)) for n in nodes}}
    changed = replace(graph, nodes=nodes, edges=edges, output="right")
    save_package(replace(package, graph=changed), tmp_path / "p")
    document = read(tmp_path / "p")
    assert {node["name"]: node["padding"] for node in document["nodes"]} == {"left": [0, 0], "right": written}
    loaded = load_package(tmp_path / "p")
    assert loaded.graph.nodes[1].window == nodes[1].window
    want = changed.run(package.samples)["right"]
    assert np.array_equal(loaded.graph.run(package.samples)["right"], want)


def test_nan_metrics_are_not_written(copy: Path) -> None:
    package = every_op_package()
    bad = Package(graph=package.graph, samples=package.samples, labels=package.labels, metrics={"loss": float("nan")})
    with pytest.raises(ValueError, match="JSON compliant"):
        save_package(bad, copy)
    assert_equal_packages(load_package(copy), package)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_package_is_not_overwritten(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "thesis"
    if kind == "folder":
        target.mkdir()
        (target / "notes.txt").write_text("precious")
    else:
        target.write_text("precious")
    with pytest.raises(PackageError, match=r"thesis: exists and is not a model package; not overwritten"):
        save_package(every_op_package(), target)
    assert (target / "notes.txt" if kind == "folder" else target).read_text() == "precious"


def test_no_package_at_the_path(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing: no model package there \(graph\.json is missing\)"):
        load_package(tmp_path / "nothing")


def test_an_edit_that_changes_nothing_loads(copy: Path) -> None:
    """The control of every damage below."""
    edit_package(copy, lambda document, tensors: None)
    assert_equal_packages(load_package(copy), every_op_package())


def in_node(target: str, /, **values: object) -> Edit:
    return lambda document, tensors: node(document, target).update(values)


def in_stage(name: str, stage: str = "mulquant", **values: object) -> Edit:
    return lambda document, tensors: node(document, name)[stage].update(values)


def in_edge(name: str, **values: object) -> Edit:
    return lambda document, tensors: document["edges"][name].update(values)


def without(*path: str) -> Edit:
    """Remove a field; the first step may be a node's name."""

    def edit(document: Json, tensors: Tensors) -> None:
        *outer, last = path
        place: Any = document
        for step in outer:
            place = place[step] if step in place else node(document, step)
        del place[last]

    return edit


def in_document(**values: object) -> Edit:
    return lambda document, tensors: document.update(values)


def in_tensor(name: str, value: object) -> Edit:
    """Set the first element."""

    def edit(document: Json, tensors: Tensors) -> None:
        tensors[name] = tensors[name].astype(np.int64)
        tensors[name].flat[0] = value

    return edit


def tensor(name: str, change: Callable[[np.ndarray], np.ndarray]) -> Edit:
    return lambda document, tensors: tensors.update({name: change(tensors[name])})


def no_tensor(name: str) -> Edit:
    return lambda document, tensors: tensors.pop(name)


def nodes(change: Callable[[list[Json]], object]) -> Edit:
    return lambda document, tensors: change(document["nodes"])


def wide_accumulators(document: Json, tensors: Tensors) -> None:
    document["widths"]["acc"] = 17


DAMAGES: dict[str, tuple[Edit, str]] = {
    # the document
    "unknown schema": (in_document(schema=2), "graph.json: schema 2 is not 1, the only one this version reads"),
    "schema as text": (in_document(schema="1"), "graph.json: field 'schema' = '1' is not an integer"),
    "no schema": (without("schema"), "graph.json: field 'schema' is missing"),
    "unknown field": (in_document(colour="red"), "graph.json: unknown field 'colour'"),
    "no widths": (without("widths"), "graph.json: field 'widths' is missing"),
    "widths as list": (in_document(widths=[32, 16, 40]), "graph.json: field 'widths': not a JSON object"),
    "no width": (without("widths", "acc"), "graph.json: field 'widths': field 'acc' is missing"),
    "unknown width": (
        lambda document, tensors: document["widths"].update(act=8),
        "graph.json: field 'widths': unknown field 'act'",
    ),
    "width out of range": (
        lambda document, tensors: document["widths"].update(acc=49),
        "graph.json: field 'widths': acc bits = 49 is outside 8..48",
    ),
    "nodes as object": (in_document(nodes={}), "graph.json: field 'nodes' = {} is not a list"),
    "no nodes": (in_document(nodes=[]), "graph: it has no nodes"),
    "description as number": (in_document(description=3), "graph.json: field 'description' = 3 is not a string"),
    "metric as text": (in_document(metrics={"acc": "1"}), "field 'metrics': field 'acc' = '1' is not a number"),
    "metric NaN": (
        in_document(metrics={"acc": float("nan")}),
        "field 'metrics': field 'acc' = nan is not a finite number",
    ),
    "unknown input": (in_document(input="z"), "graph: input 'z' is not an edge"),
    "unknown output": (in_document(output="z"), "graph: output 'z' is not produced by a node"),
    # edges
    "edge bits": (in_edge("x", bits=1), "edge 'x': bits = 1 is outside 2..16"),
    "edge bits, high": (in_edge("x", bits=17), "edge 'x': bits = 17 is outside 2..16"),
    "edge bits of a product": (in_edge("x", bits=9), "node 'left': edge 'x' has 9 bits; conv2d has at most 8 there"),
    "result bits": (in_edge("y", bits=17), "edge 'y': bits = 17 is outside 2..16"),
    "result bits of a product": (
        in_edge("product", bits=9),
        "node 'product': edge 'product' has 9 bits; matmul has at most 8 there",
    ),
    "edge bits as bool": (in_edge("x", bits=True), "edge 'x': field 'bits' = True is not an integer"),
    "edge sign as number": (in_edge("x", signed=1), "edge 'x': field 'signed' = 1 is not true or false"),
    "edge zero point": (in_edge("left", zero_point=16), "edge 'left': zero_point = 16 is outside -16..15"),
    "edge shape": (in_edge("x", shape=[2, 0, 5]), "edge 'x': shape = (2, 0, 5) is not a list of positive integers"),
    "edge without axes": (in_edge("x", shape=[]), "edge 'x': shape = () is not a list of positive integers"),
    "edge shape as number": (in_edge("x", shape=3), "edge 'x': field 'shape' = 3 is not a list of integers"),
    "edge shape of reals": (in_edge("x", shape=[2.0]), "edge 'x': field 'shape' = [2.0] is not a list of integers"),
    "edge scale NaN": (in_edge("x", scale=float("nan")), "edge 'x': field 'scale' = nan is not a finite number"),
    "edge scale infinite": (in_edge("x", scale=float("inf")), "edge 'x': field 'scale' = inf is not a finite number"),
    "edge scale beyond float": (in_edge("x", scale=10**400), "edge 'x': field 'scale' = 1000"),
    "edge scale 0": (in_edge("x", scale=0), "edge 'x': scale = 0.0 is not a positive number"),
    "edge without scale": (without("edges", "x", "scale"), "edge 'x': field 'scale' is missing"),
    "edge unknown field": (in_edge("x", unit="V"), "edge 'x': unknown field 'unit'"),
    "edge not an object": (lambda document, tensors: document["edges"].update(x=3), "edge 'x': not a JSON object"),
    "edge without producer": (
        lambda document, tensors: document["edges"].update(z=document["edges"]["y"]),
        "edge 'z': no node produces it",
    ),
    # nodes
    "node not an object": (nodes(lambda items: items.insert(0, 7)), "node 0: not a JSON object"),
    "node without name": (without("left", "name"), "node 0: field 'name' is missing"),
    "node unknown op": (in_node("left", op="lstm"), "node 'left': field 'op' = 'lstm' is not one of conv2d, linear,"),
    "node unknown field": (in_node("left", bias=1), "node 'left': unknown field 'bias'"),
    "node missing field": (without("left", "stride"), "node 'left': field 'stride' is missing"),
    "node wrong type": (in_node("left", groups="2"), "node 'left': field 'groups' = '2' is not an integer"),
    "node null": (in_node("left", groups=None), "node 'left': field 'groups' = None is not an integer"),
    "node inputs as text": (in_node("left", inputs="x"), "node 'left': field 'inputs' = 'x' is not a list of strings"),
    "node inputs of numbers": (in_node("left", inputs=[1]), "node 'left': field 'inputs' = [1] is not a list of stri"),
    "node too many inputs": (in_node("left", inputs=["x", "x"]), "node 'left': 2 inputs where conv2d takes 1"),
    "node unknown input": (in_node("left", inputs=["z"]), "node 'left': input 'z' is not produced by an earlier node"),
    "node unknown output": (in_node("left", output="z"), "node 'left': output 'z' is not an edge"),
    "output produced twice": (in_node("right", output="left"), "node 'right': output 'left' is produced twice"),
    "node feeds itself": (in_node("sum", inputs=["left", "sum"]), "node 'sum': input 'sum' is not produced by an ear"),
    "node name that leads out": (in_node("left", name="../left"), "node '../left': a name is letters, digits, '_'"),
    "node name with a line end": (in_node("left", name="left\n"), "node 'left\\n': a name is letters, digits, '_'"),
    "graph name that leads out": (in_document(name="/tmp/x"), "graph '/tmp/x': a name is letters, digits, '_'"),
    "graph name empty": (in_document(name=""), "graph '': a name is letters, digits, '_'"),
    "duplicate node name": (in_node("right", name="left"), "node 'left': the name is used twice"),
    "not topological": (
        nodes(lambda items: items.insert(0, items.pop(2))),
        "node 'sum': input 'left' is not produced by an earlier node",
    ),
    "node missing": (nodes(lambda items: items.pop()), "graph: output 'y' is not produced by a node"),
    "wrong output shape": (
        in_edge("left", shape=[4, 4, 5]),
        "node 'left': output 'left' has shape (4, 4, 5), the operation gives (4, 4, 4)",
    ),
    "wrong rank": (in_node("fc", inputs=["product"]), "node 'fc': input 'product' has shape (4, 2, 2); 1 axes are"),
    "groups do not divide": (in_node("left", groups=1), "node 'left': weight: shape (4, 1, 2, 2) with groups = 1"),
    "groups 0": (in_node("left", groups=0), "node 'left': groups = 0 is outside 1..2"),
    "stride 0": (in_node("left", stride=[0, 1]), "node 'left': stride = 0 is outside 1..4096"),
    "three strides": (in_node("left", stride=[1, 1, 1]), "node 'left': stride = (1, 1, 1) is not a pair"),
    "pool dilation 0": (in_node("peak", dilation=[0, 1]), "node 'peak': dilation = 0 is outside 1..4096"),
    "pool padding": (in_node("mean", padding=[2, 0]), "node 'mean': "),
    "pool changes the reading": (in_edge("peak", scale=2.0), "node 'peak': output 'peak': bits, sign, zero point and "),
    "flatten changes the reading": (in_edge("flat", bits=8), "node 'flat': output 'flat': bits, sign, zero point and"),
    "add of two shapes": (in_node("sum", inputs=["left", "x"]), "node 'sum': add: shapes (4, 4, 4) and (2, 5, 5) diff"),
    "matmul that does not multiply": (in_node("product", inputs=["peak", "left"]), "node 'product': matmul: shapes"),
    # integers
    "weight bits": (in_node("left", weight_bits=9), "node 'left': weight_bits = 9 is outside 2..8"),
    "weight out of range": (in_tensor("left.weight", 8), "node 'left': weight[0, 0, 0, 0] = 8 is outside -8..7"),
    "weight rank": (tensor("fc.weight", np.ravel), "node 'fc': weight: shape (48,) does not have 2 non-empty axes"),
    "weight of reals": (
        tensor("fc.weight", lambda values: values.astype(float)),
        "node 'fc': weight: dtype float64 is not an integer type",
    ),
    "weight missing": (no_tensor("fc.weight"), "node 'fc': field 'weight': tensor 'fc.weight' is missing"),
    "weight misnamed": (in_node("fc", weight="w"), "node 'fc': field 'weight': tensor 'w' is missing"),
    "shift missing": (no_tensor("fc.shift"), "node 'fc': field 'mulquant': field 'shift': tensor 'fc.shift' is miss"),
    "shift out of range": (in_tensor("fc.shift", 64), "node 'fc': shift[0] = 64 is outside 0..63"),
    "shift negative": (in_tensor("fc.shift", -1), "node 'fc': shift[0] = -1 is outside 0..63"),
    "multiplier too wide": (
        in_tensor("fc.multiplier", 1 << 15),
        "node 'fc': multiplier[0] = 32768 is outside -32768..32767",
    ),
    "bias too wide": (in_tensor("fc.bias", 1 << 39), "node 'fc': bias[0] = 549755813888 is outside"),
    "lengths differ": (
        tensor("fc.shift", lambda values: values[:2]),
        "node 'fc': shift: shape (2,) is not a vector of the multiplier's length (3,)",
    ),
    "channel count": (
        lambda document, tensors: tensors.update(
            {f"fc.{name}": tensors[f"fc.{name}"][:2] for name in ("multiplier", "bias", "shift")}
        ),
        "node 'fc': multiplier: 2 entries for 3 output channels",
    ),
    "unknown rounding": (in_stage("fc", rounding="up"), "node 'fc': rounding = 'up' is not one of floor, half_up, "),
    "unknown stage field": (in_stage("fc", relu=True), "node 'fc': field 'mulquant': unknown field 'relu'"),
    "missing stage field": (without("fc", "mulquant", "lo"), "node 'fc': field 'mulquant': field 'lo' is missing"),
    "no stage": (without("fc", "mulquant"), "node 'fc': field 'mulquant' is missing"),
    "lo above hi": (in_stage("fc", lo=3, hi=2), "node 'fc': lo = 3 is above hi = 2"),
    "lo outside the format": (in_stage("left", lo=-17), "node 'left': lo = -17 is outside -16..15"),
    "hi outside the format": (in_stage("left", hi=16), "node 'left': hi = 16 is outside -16..15"),
    "hi outside every format": (in_stage("left", hi=256), "node 'left': hi = 256 is outside -16..15"),
    "another zero point": (in_stage("fc", zero_point=1), "node 'fc': zero_point = 1 differs from the output edge's 0"),
    "accumulator overflow": (
        wide_accumulators,
        "node 'right': accumulator: worst case 77872 needs 18 bits, acc width is 17",
    ),
    "add lo outside the format": (in_stage("sum", "addquant", lo=-1), "node 'sum': lo = -1 is outside 0..63"),
    "add multiplier": (
        in_stage("sum", "addquant", multiplier_a=1 << 15),
        "node 'sum': multiplier_a = 32768 is outside -32768..32767",
    ),
    "add shift": (in_stage("sum", "addquant", shift=64), "node 'sum': shift = 64 is outside 0..63"),
    "add shift as real": (
        in_stage("sum", "addquant", shift=8.0),
        "node 'sum': field 'addquant': field 'shift' = 8.0 is not an integer",
    ),
    # samples
    "no samples": (no_tensor("samples.input"), "samples: tensor 'samples.input' is missing"),
    "no labels": (no_tensor("samples.label"), "samples: tensor 'samples.label' is missing"),
    "sample out of format": (in_tensor("samples.input", 256), "samples: samples[0, 0, 0, 0] = 256 is outside 0..255"),
    "samples of another shape": (
        tensor("samples.input", lambda values: values[..., 1:]),
        "samples: shapes (3, 2, 5, 4) and (3,) do not fit input shape (2, 5, 5)",
    ),
    "fewer labels": (
        tensor("samples.label", lambda values: values[1:]),
        "samples: shapes (3, 2, 5, 5) and (2,) do not fit",
    ),
    "zero samples": (
        lambda document, tensors: tensors.update({name: tensors[name][:0] for name in tensors if "samples" in name}),
        "samples: shapes (0, 2, 5, 5) and (0,) do not fit",
    ),
    "samples of reals": (
        tensor("samples.input", lambda values: values.astype(np.float32)),
        "samples: dtype float32 is not an integer type",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_refused_by_name(damage: str, copy: Path) -> None:
    edit, message = DAMAGES[damage]
    edit_package(copy, edit)
    with pytest.raises(PackageError, match=re.escape(message)) as caught:
        load_package(copy)
    assert "\n" not in str(caught.value)


def test_one_bit_less_than_the_worst_case_is_refused_and_the_exact_width_loads(copy: Path) -> None:
    """The proof of docs/arithmetic.md section 4 is tight, node by node."""
    graph = every_op_package().graph
    needed = max(n.accumulator_bits(graph.inputs_of(n)) for n in graph.nodes if hasattr(n, "mulquant"))
    edit_package(copy, lambda document, tensors: document["widths"].update(acc=needed))
    assert load_package(copy).graph.widths.acc == needed
    edit_package(copy, lambda document, tensors: document["widths"].update(acc=needed - 1))
    with pytest.raises(PackageError, match=rf"worst case \d+ needs {needed} bits, acc width is {needed - 1}"):
        load_package(copy)


def test_wrong_hash(copy: Path) -> None:
    with (copy / TENSOR_FILE).open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(PackageError, match=r"tensors\.npz: SHA-256 is [0-9a-f]{16}…, graph\.json says [0-9a-f]{16}…"):
        load_package(copy)


def test_missing_tensor_file(copy: Path) -> None:
    (copy / TENSOR_FILE).unlink()
    with pytest.raises(PackageError, match=r"tensors\.npz: the tensor file is missing"):
        load_package(copy)


def npy(value: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, value, allow_pickle=True)
    return stream.getvalue()


def with_spoilt_stream(archive: bytes) -> bytes:
    """Deflate data that is none: the local header of the first member stays."""
    start = archive.index(b"\x93NUMPY") if b"\x93NUMPY" in archive else 30 + archive[26] + (archive[27] << 8)
    return archive[:start] + b"\xff" * 8 + archive[start + 8 :]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("truncated", lambda archive: archive[: len(archive) // 2]),
        ("empty", lambda archive: b""),
        ("not an archive", lambda archive: b"hello" * 20),
        ("one bare array", lambda archive: npy(np.arange(3))),
        ("a pickle", lambda archive: npy(np.array([{}], dtype=object))),
        ("bad compressed data", with_spoilt_stream),
    ],
)
def test_a_broken_archive_with_a_matching_hash(name: str, spoil: Callable[[bytes], bytes], copy: Path) -> None:
    write(copy, read(copy), spoil((copy / TENSOR_FILE).read_bytes()))
    with pytest.raises(PackageError, match=r"tensors\.npz: not a tensor archive: "):
        load_package(copy)


@pytest.mark.parametrize("text", [b"{", b"", b"\xff\xfe\x00", b"[" * 100_000, b"1" * 5000])
def test_what_is_not_json(text: bytes, copy: Path) -> None:
    (copy / GRAPH_FILE).write_bytes(text)
    with pytest.raises(PackageError, match=r"graph\.json: not JSON: "):
        load_package(copy)


def test_json_that_is_no_object(copy: Path) -> None:
    (copy / GRAPH_FILE).write_text("[]")
    with pytest.raises(PackageError, match=r"graph\.json: not a JSON object"):
        load_package(copy)


def test_a_field_given_twice_is_refused(copy: Path) -> None:
    """JSON readers differ in which of the two they take."""
    text = (copy / GRAPH_FILE).read_text()
    (copy / GRAPH_FILE).write_text(text.replace('"schema": 1,', '"schema": 1, "schema": 1,'))
    with pytest.raises(PackageError, match=r"graph\.json: field 'schema' is given twice"):
        load_package(copy)
