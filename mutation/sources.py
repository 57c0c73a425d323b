"""What the verdicts on a unit's mutants depend on: its RTL, its judge, and this room."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from t2c.common.places import ROOT
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.yosys import chparam, run_yosys

if TYPE_CHECKING:
    from mutation.judge import Judge

_ROOMS = ("formal", "mutation", "t2c")
MEMORIES = ("ram",)
"""Modules that are known by their ports alone: not mutated, not looked into by a proof."""


def unit_files(name: str, rtl: Path, parameters: Mapping[str, int]) -> list[str]:
    """Names of the files of a unit in the order of filelist.f: its module and all that it instantiates.

    Args:
        name: of the unit.
        rtl: folder of the RTL, below the repository.
        parameters: of the unit; some decide what it instantiates.

    Raises:
        SimulatorError: Yosys is missing or refuses the sources.
    """
    names = (rtl / "filelist.f").read_text().split()
    read = f"read_verilog -I. {' '.join(names)}; {chparam(name, parameters)}"
    printed = run_yosys(f"{read}hierarchy -check -top {name}; proc; write_json", cwd=rtl)
    modules = json.loads(printed[printed.index("{\n") : printed.rindex("}\n") + 1])["modules"]
    used = {module["attributes"]["src"].partition(":")[0] for module in modules.values()}
    return [file for file in names if file in used]


def imported(roots: Iterable[str]) -> dict[str, Path]:
    """Modules of the project that some modules import, themselves included, each with its file."""
    found: dict[str, Path] = {}
    waiting = list(roots)
    while waiting:
        module = waiting.pop()
        base = ROOT / module.replace(".", "/")
        path = next((file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()), None)
        if module in found or module.partition(".")[0] not in _ROOMS or path is None:
            continue
        found[module] = path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def run_sources(judge: Judge, rtl: Path) -> list[Path]:
    """Every file that a verdict depends on: the unit's RTL, its folder, this room, and all that these import."""
    sources = imported([*judge.roots(), "mutation.campaign"])
    return [
        *(rtl / file for file in judge.files(rtl)),
        *(sources[module] for module in sorted(sources)),
        *sorted(units()[judge.unit].folder.glob("*.py")),
        *judge.texts(),
    ]


def run_digest(paths: Iterable[Path], *more: str) -> str:
    """Names the results of a campaign: every byte of its sources, and what else counts."""
    digest = hashlib.sha256(json.dumps(more).encode())
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class Digests:
    """What a committed table is of; comments and layout do not count.

    rtl: the unit's Verilog and the parameters at which it is flattened, from which the mutants are made; bench: what
    judged them.
    """

    rtl: str
    bench: str


def rtl_digest(judge: Judge, rtl: Path) -> str:
    """Digest of a unit in that folder."""
    verilog = [verilog_code((rtl / file).read_text()) for file in judge.files(rtl)]
    return _digest([json.dumps(dict(judge.parameters)), *verilog])


def table_digests(judge: Judge, rtl: Path) -> Digests:
    """Digests of a unit in that folder and of its judge."""
    modules = imported(judge.roots())
    bench = [python_code(modules[module].read_text()) for module in sorted(modules) if judge.counts(module)]
    texts = [verilog_code(path.read_text()) if path.suffix == ".v" else path.read_text() for path in judge.texts()]
    return Digests(rtl=rtl_digest(judge, rtl), bench=_digest([*bench, *texts]))


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]


def verilog_code(text: str) -> str:
    """Verilog without comments, on one line."""
    return " ".join(re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL).split())


def python_code(text: str) -> str:
    """The syntax tree of a module without docstrings."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            node.body = [part for part in node.body if not _is_text(part)]
    return ast.dump(tree)


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
