"""The house rules that a reader relies on: who may import whom, what a Verilog file looks like, what is documented."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "t2c"
LINKED = {path.name for path in PACKAGE.iterdir() if path.is_symlink()}
"""Rooms that lie at the top of the repository and are imported as parts of t2c."""
HARNESS = {"numpy", "cocotb", "cocotb_bus", "cocotb_tools", "find_libpython", "distributed", "tqdm", "pyslang"}
_GOLDEN = {"t2c.common", "t2c.golden"}
_COMPILER = {*_GOLDEN, "t2c.contract", "t2c.mapping"}
_COSIM = {*_COMPILER, "t2c.core_model", "t2c.tb.simulation", "t2c.tb.components"}
_CORE_RUNS = {*_COSIM, "t2c.tb.random_models", "t2c.tb.cosim"}
_UNIT_RUNS = {*_CORE_RUNS, "t2c.tb.random_programs", "t2c.tb.catalogue", "t2c.tb.dut", "t2c.tb.units"}
_FLOWS = {
    *("t2c.tb", "t2c.tb.regress", "t2c.tb.shrink", "t2c.tb.accelerator"),
    *("t2c.cost", "t2c.cost.gates", "t2c.cost.pipelines", "t2c.pipelines", "t2c.api"),
}
BELOW = {
    "t2c.common": set(),
    "t2c.golden": {"t2c.common"},
    "t2c.layouts": _GOLDEN,
    "t2c.pipelines": _GOLDEN,
    "t2c.contract": _GOLDEN,
    "t2c.core_model": {*_GOLDEN, "t2c.contract"},
    "t2c.mapping": {*_GOLDEN, "t2c.contract"},
    "t2c.importing": _COMPILER,
    "t2c.tb.simulation": {"t2c.common"},
    "t2c.tb.catalogue": _GOLDEN,
    "t2c.tb.components": _GOLDEN,
    "t2c.tb.expect": {*_GOLDEN, "t2c.layouts", "t2c.tb.simulation", "t2c.tb.components"},
    "t2c.tb.random_models": _COMPILER,
    "t2c.tb.dut": {*_GOLDEN, "t2c.contract", "t2c.tb.catalogue", "t2c.tb.simulation"},
    "t2c.tb.accelerator": {*_GOLDEN, "t2c.layouts", "t2c.tb.components", "t2c.tb.dut", "t2c.tb.simulation"},
    "t2c.tb.cosim": _COSIM,
    "t2c.tb.random_programs": {*_COSIM, "t2c.tb.cosim"},
    "t2c.rom_folder": {*_COMPILER, "t2c.tb.cosim"},
    "t2c.tb.units": {*_CORE_RUNS, "t2c.tb.random_programs", "t2c.tb.catalogue", "t2c.tb.dut"},
    "t2c.tb.coverage": _UNIT_RUNS,
    "t2c.tb.shrink": _CORE_RUNS,
    "t2c.tb.regress": {*_CORE_RUNS, "t2c.tb.shrink", "t2c.tb.random_programs"},
    "t2c.tb": {*_UNIT_RUNS, "t2c.tb.shrink", "t2c.tb.accelerator"},
    "t2c.api": _UNIT_RUNS,
    "t2c.cost": {*_COMPILER, "t2c.tb.catalogue", "t2c.tb.simulation"},
    "t2c.cost.gates": {*_UNIT_RUNS, "t2c.tb", "t2c.cost"},
    "t2c.cost.pipelines": {"t2c.common", "t2c.pipelines", "t2c.cost"},
    "t2c.flows": {*_UNIT_RUNS, *_FLOWS, "t2c.layouts", "t2c"},
    "t2c": {*_GOLDEN, "t2c.layouts", "t2c.api"},
    "oracle": _GOLDEN,
    "formal": {*_GOLDEN, "t2c.tb.catalogue", "t2c.tb.simulation"},
    "mutation": {*_UNIT_RUNS, "t2c.tb.random_programs", "formal"},
}
"""What each room imports of ours, besides itself; a room stands below those that import it."""
OTHERS = {
    "t2c.common": {"yaml"},
    "t2c.golden": {"numpy", "bitstring"},
    "t2c.layouts": {"numpy"},
    "t2c.pipelines": {"numpy", "yaml"},
    "t2c.contract": {"numpy"},
    "t2c.core_model": {"numpy"},
    "t2c.mapping": {"numpy"},
    "t2c.rom_folder": {"numpy"},
    "t2c.importing": {"numpy", "onnx", "tflite"},
    "t2c.cost": {"numpy"},
    "t2c.cost.gates": {"yaml"},
    "t2c.flows": {"numpy", "torch", "distributed", "optuna", "scipy"},
    "t2c.tb": HARNESS,
    "t2c.tb.expect": {"numpy", "pytest"},
    "t2c": {"numpy", "torch", "sklearn", "PIL", "onnx", "onnxruntime", "tqdm"},
    "formal": {"numpy", "bitwuzla", "tqdm"},
    "mutation": {"bitwuzla", "mutmut", "tqdm"},
    "oracle": {"numpy", "bitstring", "onnx", "onnxruntime", "torch", "tosa", "tosa_reference_model", "tosa_serializer"},
}
"""What each room imports of others."""
COMMAND_LINES = {
    *("t2c.importing", "t2c.mapping", "t2c.rom_folder", "t2c.contract", "t2c.tb", "t2c.cost", "t2c.cost.pipelines"),
    *("t2c.pipelines", "t2c.flows"),
}
OURS = {"t2c", "formal", "mutation", "oracle"}


def python_files(folder: str) -> list[Path]:
    """Files of a room; those that `t2c` only links to belong to their own rooms."""
    return [path for path in sorted((ROOT / folder).rglob("*.py")) if path.stat().st_size]


def room_of(module: str, rooms: Iterable[str]) -> str:
    """The innermost of some rooms in which a module lies; "" if in none."""
    return max((room for room in rooms if f"{module}.".startswith(f"{room}.")), key=len, default="")


FOLDERS = (
    *("common", "golden", "layouts", "pipelines", "contract", "core_model", "mapping", "rom_folder", "importing"),
    *("cost", "flows"),
    *("tb", "t2c", "formal", "mutation", "oracle"),
)
FILES = {room: python_files(room) for room in FOLDERS}
LOADERS = sorted((ROOT / "examples" / "loaders").glob("*.v"))
VERILOG = sorted((ROOT / "rtl").glob("*.v"))
TEXTS = {".py", ".v", ".vh", ".f", ".md", ".toml", ".txt", ".sh", ".yml", ".yaml", ".cpp", ".json", ".cfg", ".vlt", ""}
UNSEEN = {".git", ".venv", "sim_build", "packages", "__pycache__", "build", "dist"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_of(path: Path) -> str:
    """The dotted name by which a file is imported."""
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return f"t2c.{dotted}" if dotted.partition(".")[0] in LINKED else dotted


@functools.cache
def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
    return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}


def is_command_line(path: Path) -> bool:
    return '__name__ == "__main__"' in path.read_text() or path.parent.name == "commands"


@pytest.mark.sample(1)
@pytest.mark.parametrize("folder", FOLDERS)
def test_imports_stay_in_their_room(folder: str) -> None:
    assert FILES[folder]
    wrong = []
    for path in FILES[folder]:
        module = module_of(path)
        home = room_of(module, BELOW)
        for name in imported(path):
            if name.partition(".")[0] not in OURS:
                allowed = OTHERS[room_of(module, OTHERS)] | (COMMAND_LINES if is_command_line(path) else set())
                if name.partition(".")[0] not in allowed:
                    wrong.append((relative(path), name))
                continue
            there = room_of(name, BELOW)
            below = BELOW[home] | (COMMAND_LINES if folder == "t2c" and is_command_line(path) else set())
            if there != home and there not in below and name != "t2c":
                wrong.append((relative(path), name))
    assert wrong == []


def test_no_two_rooms_need_each_other() -> None:
    """Nor in a ring of several: every room has its place above all that it imports."""
    placed: set[str] = set()
    while rest := BELOW.keys() - placed:
        next_ones = {room for room in rest if BELOW[room] <= placed}
        assert next_ones, f"in a ring: {sorted(rest)}"
        placed |= next_ones


def test_the_model_of_the_core_knows_no_network() -> None:
    """Of golden it has numbers and words only: what a network is, is not in the core."""
    allowed = ("t2c.golden.arithmetic.", "t2c.golden.rom.", "t2c.golden.errors", "t2c.contract", "t2c.core_model")
    for path in FILES["core_model"]:
        names = {name for name in imported(path) if name.startswith("t2c.")}
        assert [name for name in names if not name.startswith(allowed)] == [], relative(path)


def test_golden_does_no_floats_on_the_side() -> None:
    """No random numbers, no printing except where a command speaks to its user."""
    for path in FILES["golden"]:
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        names = {call.id for call in calls if isinstance(call, ast.Name)}
        assert "print" not in names, relative(path)
        assert "random" not in {call.attr for call in calls if isinstance(call, ast.Attribute)}, relative(path)


def sources() -> list[Path]:
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and path.suffix in TEXTS
        and not UNSEEN & set(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") and part != ".github" for part in path.relative_to(ROOT).parts)
        and path.stat().st_size < 1 << 20
    )


def test_no_file_names_a_place_outside_the_project() -> None:
    """Neither the folder of the founders nor a package registry: a clone must stand alone, behind any mirror."""
    hosts = ("pypi.org", "pythonhosted.org", "artifactory", "npmjs.", "crates.io", "conda.anaconda")
    words = ("../" + "shared", "/work/" + "shared", "/work/" + "main", *hosts)
    found = sources()
    assert {"Makefile", "README.md", "rtl/mac_pe.v", "tools/setup.sh"} <= {relative(path) for path in found}
    for path in found:
        if path == Path(__file__):
            continue
        text = path.read_text(errors="replace")
        assert [word for word in words if word in text] == [], relative(path)


def test_the_file_list_holds_every_rtl_file_once() -> None:
    assert sorted((ROOT / "rtl" / "filelist.f").read_text().split()) == [path.name for path in VERILOG]


@pytest.mark.parametrize("path", VERILOG, ids=lambda path: path.stem)
def test_one_module_of_the_files_name(path: Path) -> None:
    code = re.sub(r"//[^\n]*", "", path.read_text())
    assert re.findall(r"^\s*module\s+(\w+)", code, re.MULTILINE) == [path.stem]
    assert len(re.findall(r"\bendmodule\b", code)) == 1


@pytest.mark.parametrize(
    "path",
    [
        *VERILOG,
        *LOADERS,
        *sorted(
            path
            for room in ("tb", "formal")
            for folder in ("hdl", "formal")
            for path in (ROOT / room).rglob(f"{folder}/*.v")
        ),
    ],
    ids=relative,
)
def test_verilog_frame(path: Path) -> None:
    """Header comment, then no implicit nets, restored at the end."""
    lines = [line.strip() for line in path.read_text().splitlines() if line.strip()]
    assert lines[0].startswith(f"// {path.stem}:")
    code = [line for line in lines if not line.startswith("//")]
    assert code[0] == "`default_nettype none"
    assert lines[-1] == "`default_nettype wire"


@pytest.mark.parametrize("path", VERILOG, ids=lambda path: path.stem)
def test_header_names_spec_and_doc_page(path: Path) -> None:
    header = path.read_text().partition("`default_nettype")[0]
    for entry in ("Spec", "Doc"):
        assert re.search(rf"^// {entry}\s+\S", header, re.MULTILINE), f"{entry} is missing"
    page = re.search(r"^// Doc\s+(\S+\.md)", header, re.MULTILINE)
    assert page is not None
    assert (ROOT / page[1]).is_file(), page[1]


DOCUMENTED = FOLDERS[: FOLDERS.index("tb")]


@pytest.mark.sample(1)
@pytest.mark.parametrize("path", [path for room in DOCUMENTED for path in FILES[room]], ids=relative)
def test_modules_and_functions_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "module"
    functions = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    bare = [node.name for node in functions if not node.name.startswith("_") and not ast.get_docstring(node)]
    assert bare == []


def test_every_file_of_python_is_of_readable_length() -> None:
    """About 200 lines; 320 at the very most."""
    long = {relative(path): n for room in FILES.values() for path in room if (n := path.read_text().count("\n")) > 320}
    assert long == {}


ONE_NAME_TWO_THINGS = {
    "Add": "the node of a package, and the operation that fusion reads out of a traced network",
    "Flatten": "as Add",
    "Constants": "what a compiled layer keeps in memory, and what the PyTorch side computes for MulQuant",
    "Bits": "a field of a register, and the widths of a layer",
    "Field": "of a kind of node, and of a descriptor",
    "Tensor": "of a node's fields, and in a memory",
    "Parameter": "of the hardware, and of a task of a flow",
    "Place": "of an error in the core's model, and where a trial of a flow works",
    "Step": "of a program, and of a flow's history",
    "Task": "of a regression, as a worker gets it, and of a flow",
}
"""Public classes of one name in rooms that never meet, with what each is; a new pair needs a better name instead."""


@functools.cache
def public_classes() -> dict[str, list[str]]:
    """Where each public class of the product's rooms is defined."""
    found: dict[str, list[str]] = {}
    for paths in FILES.values():
        for path in paths:
            text = path.read_text()
            for node in ast.walk(ast.parse(text)) if "class " in text else ():
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(relative(path))
    return found


def test_no_two_public_classes_of_one_name() -> None:
    twice = {name: places for name, places in public_classes().items() if len(places) > 1}
    assert {name: places for name, places in twice.items() if name not in ONE_NAME_TWO_THINGS} == {}
    assert set(ONE_NAME_TWO_THINGS) <= set(twice), "no longer there twice"


def test_no_two_test_files_of_one_name() -> None:
    """pytest imports each by its bare name."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
