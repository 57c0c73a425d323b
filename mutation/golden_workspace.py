"""A copy of the project in which mutmut can change golden: one tree of real folders, every function open to it."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from t2c.common.places import IMPORT_ROOT

MUTATED = ("golden/arithmetic", "golden/nodes")
BODY = "mutated_body_of_"
"""Before the name of a function that holds what a property's body was."""
_SPLIT = {"property", "cached_property"}
_BESIDE = ("oracle", "benchmarks", "docs", "examples")
_SETUP = """[mutmut]
source_paths=t2c
only_mutate=
{patterns}
also_copy=
{copied}
pytest_add_cli_args=
    -p
    no:cacheprovider
pytest_add_cli_args_test_selection=
    tests/golden
"""


def make_workspace(folder: Path) -> None:
    """Copy what golden's tests need, and bring what mutmut has found in that folder up to date with it.

    mutmut takes a module's name from its path and leaves functions with decorators alone; so rooms are real folders
    below t2c here, and the body of every property is a method of its own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    package = IMPORT_ROOT / "t2c"
    parts = {f"t2c/{path.name}": path for path in package.iterdir() if path.name != "__pycache__"}
    parts |= {name: IMPORT_ROOT / name for name in (*_BESIDE, "tests", "pyproject.toml")}
    for name, source in parts.items():
        _copy(source, folder / name)
    for room in MUTATED:
        for path in sorted((folder / "t2c" / room).glob("*.py")):
            path.write_text(open_properties(path.read_text()))
    patterns = "\n".join(f"    t2c/{room}/*.py" for room in MUTATED)
    copied = "\n".join(f"    {name}" for name in _BESIDE)
    (folder / "setup.cfg").write_text(_SETUP.format(patterns=patterns, copied=copied))


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(source, target)
        return
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))


def open_properties(text: str) -> str:
    """The source of a module in which each property returns what a method says that has its body.

    >>> print(open_properties('class A:\\n    @property\\n    def b(self) -> int:\\n        return 1\\n'), end="")
    class A:
        @property
        def b(self) -> int:
            return self.mutated_body_of_b()
    <BLANKLINE>
        def mutated_body_of_b(self) -> int:
            return 1
    """
    lines = text.splitlines()
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef) and _is_property(node)]
    for node in sorted(found, key=lambda each: -each.lineno):
        head = node.lineno - 1
        end = node.end_lineno or node.lineno
        indent = " " * node.col_offset
        call = f"{indent}    return self.{BODY}{node.name}()"
        signature = lines[head].replace(f"def {node.name}(", f"def {BODY}{node.name}(", 1)
        lines[head:end] = [lines[head], call, "", signature, *lines[head + 1 : end]]
    return "\n".join(lines) + "\n"


def _is_property(node: ast.FunctionDef) -> bool:
    """And nothing else: its decorator says so, alone."""
    names = [decorator.id for decorator in node.decorator_list if isinstance(decorator, ast.Name)]
    return len(node.decorator_list) == 1 and bool(_SPLIT & set(names)) and node.body[0].lineno > node.lineno
