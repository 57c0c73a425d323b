"""Golden as C99: every tensor of every network equal, with sanitizers; names, formats, refusals; planted faults."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from oracle.counterpart import Case
from oracle.node_cases import OURS
from oracle.row_cases import ROW_KINDS
from t2c.commands import export as command
from t2c.common.places import EXAMPLES
from t2c.contract.hardware import Hardware
from t2c.errors import ExportError
from t2c.exports import c_builder, c_check
from t2c.exports import c_model as c_model_module
from t2c.exports.c_builder import C_FORMS
from t2c.exports.c_check import check_c, compiler
from t2c.exports.c_model import c_model
from t2c.exports.compare import check_images
from t2c.golden.arithmetic.layer_norm import RowNorm
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.kinds import node_kinds
from t2c.golden.graph.package import Package, load_package
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.layer_norm import LayerNorm
from t2c.tb.random_models.joins import joined_network
from t2c.tb.random_models.legal import legal_layer, legal_network
from t2c.tb.random_models.networks import random_network
from t2c.tb.random_models.transformers import random_transformer
from tests.attention_net import attention_package
from tests.campaign import crossed
from tests.conftest import ROOT
from tests.core_net import core_package
from tests.every_op import every_op_package
from tests.t2c.c_cases import package_of
from tests.t2c.c_faults import NODES, SHARED
from tests.t2c.export_graphs import edge, linear_graph, rounding_graph
from tests.table_net import table_package
from tests.threshold_net import threshold_package
from tests.wide_constants import with_wide_constants

pytestmark = pytest.mark.slow

SANITIZED = ("-fsanitize=undefined,address", "-fno-sanitize-recover=all", "-g0", "-O1")
SHIPPED = sorted(
    path.parent.name
    for path in EXAMPLES.glob("*/graph.json")
    if not any(node.products for node in load_package(path.parent).graph.nodes)  # C multiplies exactly
)


def exact_roots() -> Package:
    """A layer_norm whose V is a square: 4 k^2 + E = (2 k + 1)^2 of rows (0, 2 k) with E = 4 k + 1, k = 3."""
    quant = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=-(1 << 15), hi=(1 << 15) - 1)
    norm = RowNorm(epsilon=13, root_bits=8, fraction_bits=8)
    node = LayerNorm(name="node", inputs=("x",), output="y", norm=norm, mulquant=quant)
    values = np.array([[[0, 6, 1], [6, 0, 1]]])
    return package_of(Case(node=node, inputs=(edge("x", 2, 3),), values=(values,)), "exact-roots")


OWN: dict[str, Callable[[], Package]] = {
    "every op": lambda: every_op_package(7),
    "tables": lambda: table_package(7),
    "attention": lambda: attention_package(7),
    "core": lambda: core_package(7),
    "staircases": lambda: threshold_package(7),
    "exact roots": exact_roots,
    "wide constants": lambda: with_wide_constants(core_package(7)),
    "widest constants": lambda: with_wide_constants(core_package(7), Widths(acc=48, scale=32, bias=64)),
}
SMALL = Hardware(rows=4, cols=4, act_depth=1 << 8, wgt_depth=1 << 8, par_depth=64, acc_depth=64)
"""For networks that a program with sanitizers runs in no time."""
RANDOM: dict[str, Callable[[int], Package]] = {
    "network": random_network,
    "transformer": random_transformer,
    "joined": joined_network,
    "legal layer": lambda seed: legal_layer(seed, SMALL),
    "legal network": lambda seed: legal_network(seed, SMALL),
}


def compare(graph: Graph, images: Any, folder: Path, change: Callable[[str], str] = str) -> int:
    """Compile with sanitizers, run, and compare every tensor."""
    model, flags = c_model(graph), SANITIZED
    if change is not str:
        model, flags = replace(model, source=change(model.source)), (*SANITIZED, "-Wno-error")
    folder.mkdir(exist_ok=True)
    for name, text in model.files.items():
        (folder / name).write_text(text)
    compared = check_c(folder, model, graph, images, flags=flags)
    assert compared == len(images) * sum(int(np.prod(spec.shape)) for spec in graph.edges.values())
    return compared


def compare_package(package: Package, folder: Path, samples: int = 4) -> int:
    return compare(package.graph, check_images(package.graph, package.samples, samples), folder)


@pytest.mark.sample(9)
@pytest.mark.parametrize("name", SHIPPED)
def test_every_tensor_of_an_example(name: str, tmp_path: Path) -> None:
    assert compare_package(load_package(EXAMPLES / name), tmp_path, 2) > 10_000


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", OWN)
def test_every_tensor_of_a_network_of_ours(name: str, tmp_path: Path) -> None:
    assert compare_package(OWN[name](), tmp_path)


@pytest.mark.sample(18)
@pytest.mark.parametrize("name", [f"{kind} {seed}" for seed in range(8) for kind in RANDOM])
def test_every_tensor_of_a_random_network(name: str, tmp_path: Path) -> None:
    kind, _, seed = name.rpartition(" ")
    assert compare_package(RANDOM[kind](int(seed)), tmp_path)


def drawn(op: str, seed: int) -> Package:
    """The first drawn case that a package can hold."""
    for case in (OURS | ROW_KINDS)[op](np.random.default_rng((seed, 15))):
        try:
            return package_of(case, f"{op}-{seed}")
        except ValueError:
            continue
    raise AssertionError


@pytest.mark.sample(60)
@pytest.mark.parametrize("name", [f"{op} {seed}" for seed in range(20) for op in OURS | ROW_KINDS])
def test_a_node_from_the_whole_legal_space(name: str, tmp_path: Path) -> None:
    op, seed = name.split()
    assert compare_package(drawn(op, int(seed)), tmp_path)


def wide_rounding_graph(mode: Rounding) -> Graph:
    """Sums beyond 2^62, on, beside and far from ties, of both signs; the largest constants of all."""
    widths, rows = Widths(acc=48, scale=32, bias=64), []
    for shift in (0, 1, 31, 32, 40, *range(52, 64)):
        for offset in (0, 1, -1, 1 << 30, (1 << 30) + 1, -(1 << 30), -(1 << 30) - 1):
            for odd in (0, 1):
                base = ((1 << 62) >> shift) + odd << shift
                for bias in (base + (1 << shift >> 1) + offset, -base - (1 << shift >> 1) + offset):
                    if -(1 << 63) <= bias < 1 << 63:
                        rows += [(1, bias, shift), (-(1 << 31), bias, shift), ((1 << 31) - 1, bias, shift)]
    rows += [(m, b, s) for m in (-(1 << 31), (1 << 31) - 1) for b in (-(1 << 63), (1 << 63) - 1) for s in (0, 55, 63)]
    m, b, s = (np.array(column) for column in zip(*rows, strict=True))
    y = edge("y", len(rows), bits=16)
    weight = np.where(np.arange(len(rows)) % 3, 127, 1)[:, np.newaxis]
    return linear_graph(edge("x", 1), y, weight, m, b, s, widths=widths, rounding=mode)


def far_graph(mode: Rounding) -> Graph:
    """Sums beyond 2^64, which only a window of 2^18 elements of 16 bits reaches; of both signs, near ties too."""
    widths = Widths(acc=48, scale=32, bias=64)
    x = edge("x", 1, 64, 4096, bits=16, signed=False, zero_point=1 << 15)
    edges, nodes = {"x": x}, []
    for shift in (0, 1, 31, 57, 59, 60, 61, 63):
        for m in (-(1 << 31), (1 << 31) - 1):
            name = f"y{len(nodes)}"
            edges[name] = edge(name, 1, 1, 1)
            quant = MulQuant(
                multiplier=np.array([m]),
                bias=np.array([5]),
                shift=np.array([shift]),
                rounding=mode,
                lo=-128,
                hi=127,
                widths=widths,
            )
            nodes.append(
                AveragePool2d(name=name, inputs=("x",), output=name, kernel=(64, 4096), stride=(1, 1), mulquant=quant)
            )
    return Graph(name="far", widths=widths, edges=edges, nodes=tuple(nodes), input="x", output=nodes[-1].output)


def images_of(graph: Graph) -> Any:
    """All inputs of one element; of the large window, as much as makes ties, and the ends."""
    if graph.name != "far":
        return np.arange(-128, 128).reshape(-1, 1)
    levels = np.array([0, 65535, 32768 + 8192, 32768 - 24576, 32768 + 1])
    images = np.broadcast_to(levels.reshape(-1, 1, 1, 1), (5, 1, 64, 4096)).copy()
    images[2:, 0, 0, 0] -= 1
    return images


@pytest.mark.parametrize(
    ("graph", "mode"), crossed([rounding_graph, wide_rounding_graph, far_graph], Rounding, every=6)
)
def test_every_mode_of_rounding(graph: Callable[[Rounding], Graph], mode: Rounding, tmp_path: Path) -> None:
    assert compare(graph(mode), images_of(graph(mode)), tmp_path)
    assert ("wide_of" in c_model(graph(mode)).source) == (graph is not rounding_graph)


def test_every_kind_of_node_has_a_form() -> None:
    assert set(C_FORMS.names()) == {kind.op for kind in node_kinds()} == set(NODES)


FAULTS = [f"{op} {index}" for op, faults in NODES.items() for index in range(len(faults))]


def numbers_of(node: Any, graph: Graph) -> dict[str, int]:
    """What the faults of a node may name."""
    shapes = [graph.edges[name].shape for name in node.inputs]
    found = {"width": shapes[0][-1], "mask": (1 << graph.edges[node.inputs[0]].bits) - 1, "depth": shapes[0][-1]}
    if len(shapes[0]) == 3:
        found["height"] = shapes[0][1]
    weight = getattr(node, "weight", None)
    if weight is not None:
        found |= {"features": weight.shape[1], "kh": weight.shape[-2], "kw": weight.shape[-1]}
    if node.op == "conv2d":
        found |= {"ratio": weight.shape[0] // node.groups, "groups": node.groups}
    return found


def places_of(op: str) -> Iterator[tuple[Package, Any]]:
    for make in OWN.values():
        package = make()
        for node in package.graph.nodes:
            if node.op == op:
                yield package, node


@pytest.mark.sample(24)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_form_is_seen_at_its_tensor(name: str, tmp_path: Path) -> None:
    """Planted in the functions of one kind: a network of ours turns red, and the first wrong tensor is of that kind."""
    op, index = name.split()
    right, wrong = NODES[op][int(index)]
    tried = 0
    for number, (package, node) in enumerate(places_of(op)):
        numbers = numbers_of(node, package.graph)
        first, then = right.format(**numbers), wrong.format(**numbers)

        def change(source: str, first: str = first, then: str = then) -> str:
            parts = source.split("\n/* ")
            own = [k for k, part in enumerate(parts) if part.startswith(f"{op}: ") and first in part]
            for k in own:
                parts[k] = parts[k].replace(first, then)
            return "\n/* ".join(parts)

        source = c_model(package.graph).source
        if change(source) == source:
            continue
        tried += 1
        said = ""
        try:
            compare(package.graph, check_images(package.graph, package.samples, 4), tmp_path / str(number), change)
        except ExportError as error:
            said = str(error)
        if said:
            outputs = [other.output for other in package.graph.nodes if other.op == op]
            assert said.startswith(("c: the program fails: ", *(f"c: tensor {output!r} at " for output in outputs)))
            return
    raise AssertionError(f"not seen in {tried} places")


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", SHARED)
def test_a_fault_in_a_shared_function_is_seen(name: str, tmp_path: Path) -> None:
    right, wrong = SHARED[name]
    makes = (far_graph,) if name.startswith("wide far") else (rounding_graph, wide_rounding_graph)
    graph = next(graph for mode in Rounding for make in makes if right in c_model(graph := make(mode)).source)
    with pytest.raises(ExportError, match=r"c: (tensor 'y[^']*' at|the program fails)"):
        compare(graph, images_of(graph), tmp_path, lambda source: source.replace(right, wrong))


def odd_names(package: Package, edges: list[str], nodes: list[str], name: str) -> Package:
    """The network with other names."""
    graph = package.graph
    new = dict(zip(graph.edges, edges, strict=True))
    renamed = [
        replace(node, name=other, inputs=tuple(new[one] for one in node.inputs), output=new[node.output])
        for node, other in zip(graph.nodes, nodes, strict=True)
    ]
    specs = {new[old]: replace(spec, name=new[old]) for old, spec in graph.edges.items()}
    whole = Graph(
        name=name,
        widths=graph.widths,
        edges=specs,
        nodes=tuple(renamed),
        input=new[graph.input],
        output=new[graph.output],
    )
    return replace(package, graph=whole)


def test_any_name_of_a_package_is_a_name_in_c(tmp_path: Path) -> None:
    package = threshold_package()
    edges = ["*/ int x; /*", 'quo"te\\??/', "a b", "a_b", "ünï", "int"]
    nodes = ["a.b", "a-b", "a_b", "return", "x" * 100]
    package = odd_names(package, edges, nodes, "8.-int")
    assert compare_package(package, tmp_path)
    assert (tmp_path / "net_8__int.c").is_file()
    for clash in ("count", "infos", "run", "tensors", "get", "info", "tensors_2"):
        again = odd_names(package, [clash, "size_of_t_a", "a", "A", "t_a", "t_count"], nodes, "run")
        folder = tmp_path / clash
        assert compare_package(again, folder)


MAIN = """
#include <stdio.h>
#include <string.h>
extern "C" {{
#include "{prefix}_dpi.h"
}}
#include "{prefix}.h"
int main()
{{
    static int image[{size}];
    static {prefix}_tensors t;
    for (int n = 0; n < {size}; n++) image[n] = n % 3;
    printf("%d", {prefix}_dpi_run(image));
    int last = {prefix}_count - 1;
    printf(" %s %d %d %d", {prefix}_infos[last].name, {prefix}_infos[last].bits, {prefix}_infos[0].zero_point,
        {prefix}_dpi_get(last, 0));
    printf(" %d %d %d %d", {prefix}_dpi_get(-1, 0), {prefix}_dpi_get(last + 1, 0), {prefix}_dpi_get(last, -1),
        {prefix}_dpi_get(last, {prefix}_infos[last].size));
    image[2] = {outside}; printf(" %d", {prefix}_dpi_run(image)); image[2] = 0;
    memset(&t, 0, sizeof t);
    t.{member}[5] = {narrow};
    printf(" %d\\n", {prefix}_run(&t));
}}
"""


@pytest.mark.parametrize(("name", "outside", "narrow"), [("digits_w4a4", 16, 0), ("staircases", -9, 8)])
def test_what_a_bench_calls_from_cpp(name: str, outside: int, narrow: int, tmp_path: Path) -> None:
    """Both headers are those of C++ too; an element outside the format is refused by its place, and nothing is read
    outside of a tensor."""
    package = threshold_package() if name == "staircases" else load_package(EXAMPLES / name)
    graph = package.graph
    model = c_model(graph)
    for file, text in model.files.items():
        (tmp_path / file).write_text(text)
    size = int(np.prod(graph.edges[graph.input].shape))
    image = (np.arange(size) % 3).reshape(1, *graph.edges[graph.input].shape)
    (tmp_path / "main.cpp").write_text(
        MAIN.format(prefix=model.prefix, size=size, outside=outside, narrow=narrow, member=f"t_{graph.input}")
    )
    command_c = [*(compiler() or []), "-std=c99", "-c", f"{model.prefix}.c", f"{model.prefix}_dpi.c"]
    subprocess.run(command_c, cwd=tmp_path, check=True)
    objects = [f"{model.prefix}.o", f"{model.prefix}_dpi.o"]
    subprocess.run(["g++", "-Wall", "-Wextra", "main.cpp", *objects, "-o", "main"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    output = graph.edges[graph.output]
    first = int(graph.run(image)[graph.output].reshape(-1)[0])
    spec = graph.edges[graph.input]
    refused = 0 if spec.format.lo <= narrow <= spec.format.hi else 6
    numbers = [output.bits, spec.zero_point, first, 0, 0, 0, 0, 3, refused]
    assert done.stdout.split() == ["0", output.name, *map(str, numbers)]


def test_a_kind_without_a_form_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(C_FORMS._entries, "linear", None)
    with pytest.raises(UnsupportedError, match="node 'fc': linear has no C form here"):
        list(command.export(every_op_package(), ["c"], tmp_path / "out", samples=1))
    assert list(tmp_path.iterdir()) == []


def test_a_compiler_that_is_missing_or_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = every_op_package()
    monkeypatch.setenv("CC", "false")
    with pytest.raises(ExportError, match="c: the C compiler fails: status 1"):
        list(command.export(package, ["c"], tmp_path / "out", samples=1))
    monkeypatch.setattr(c_check.shutil, "which", lambda name: None)
    ((name, lines),) = command.export(package, ["c"], tmp_path / "out", samples=1)
    assert (name, lines) == ("every-op_c", ["5 files, not compared: there is no C compiler; CC names one"])
    assert len(list((tmp_path / "out" / name).iterdir())) == 6


def test_it_needs_no_pytorch(tmp_path: Path) -> None:
    code = f"""
import sys
for name in ("torch", "onnx", "onnxruntime", "sklearn", "tqdm"):
    sys.modules[name] = None
from t2c.__main__ import main
sys.exit(main(["export", "digits_w4a4", "--format", "c", "--out", {str(tmp_path)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("digits_w4a4_c: 23,100 integers of 6 images equal, compiled by ")


@pytest.mark.parametrize("module", [c_builder, c_model_module])
def test_doctests_of_the_c_export(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)
