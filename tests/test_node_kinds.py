"""No file asks a node for its class: what differs between kinds of nodes is declared by them, or registered."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

KINDS = ("t2c.golden.nodes", "t2c.golden.graph.node")
"""Modules with classes of nodes."""


def rooms() -> list[Path]:
    """Python files of every room."""
    linked = {path for path in (ROOT / "t2c").iterdir() if path.is_symlink()}
    tops = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in ("tests", "sim_build")]
    files = [path for top in tops for path in sorted(top.rglob("*.py")) if not linked & set(path.parents)]
    return [*files, *sorted((ROOT / "benchmarks").rglob("*.py"))]


def questions(text: str) -> list[int]:
    """Lines that tell nodes apart by their class: isinstance, issubclass, or a comparison with a class."""
    if not any(module in text for module in KINDS):
        return []
    tree = ast.parse(text)
    classes = {
        alias.asname or alias.name
        for item in ast.walk(tree)
        if isinstance(item, ast.ImportFrom) and (item.module or "").startswith(KINDS)
        for alias in item.names
    }

    def names_one(expressions: list[ast.expr]) -> bool:
        return any(isinstance(n, ast.Name) and n.id in classes for e in expressions for n in ast.walk(e))

    found = []
    for item in ast.walk(tree):
        asks = isinstance(item, ast.Call) and isinstance(item.func, ast.Name) and item.func.id[:2] == "is"
        compares = isinstance(item, ast.Compare) and names_one([item.left, *item.comparators])
        matches = isinstance(item, ast.MatchClass) and names_one([item.cls])
        if compares or matches or (asks and names_one(item.args[1:])):  # type: ignore[attr-defined]
            found.append(item.lineno)  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    "question",
    [
        "isinstance(node, Add)",
        "isinstance(node, (int, Add))",
        "issubclass(type(node), Add)",
        "type(node) is Add",
        "kind in (Add, int)",
        "node.op == Add.op",
        "[n for n in nodes if not isinstance(n, Add)]",
    ],
)
def test_such_a_question_is_found(question: str) -> None:
    assert questions(f"from t2c.golden.nodes.add import Add\n{question}\n") == [2]
    assert questions(f"from t2c.golden.graph.node import WeightedNode as Add\n{question}\n") == [2]
    assert questions(f"class Add: ...\n{question}\n") == []


def test_a_pattern_is_found() -> None:
    assert questions("from t2c.golden.nodes.add import Add\nmatch node:\n    case Add():\n        pass\n") == [3]


def test_no_file_tells_nodes_apart_by_their_class() -> None:
    files = rooms()
    assert {ROOT / "mapping" / "lower.py", ROOT / "t2c" / "commands" / "figures.py"} <= set(files)
    asked = {str(path.relative_to(ROOT)): lines for path in files if (lines := questions(path.read_text()))}
    assert asked == {}
