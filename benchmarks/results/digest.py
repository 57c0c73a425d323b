"""What a figure depends on, as one number: its settings and the code that it really runs through.

The code is that of the modules which the row's own classes are written in, and of all that these import. Four things do
not count, so that work elsewhere does not make finished rows anew: comments, docstrings and layout; packages that only
pass a name on (`from t2c.quantisers import LSQ` leads to the file of LSQ); the lists in NAMED, of which a row states
in its settings what it takes; and the files of PLUMBING, which compute nothing that is measured.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import numpy as np
import torch

from t2c.common.places import ROOT

NAMED = frozenset(
    {
        *("t2c.methods", "t2c.models.zoo", "t2c.data.sets", "t2c.trainers", "t2c.trainers.reconstruction_settings"),
        *("benchmarks.results.networks", "benchmarks.results.rows"),
    }
)
"""Modules that name others or hold defaults: rows take single entries of them."""

PLUMBING = (
    *("t2c.common", "t2c.checkpoint", "t2c.data.split", "t2c.progress"),
    *("t2c.trainers.base", "t2c.trainers.identity"),
)
"""Modules and packages that read and write files, check what they are given, or tell people; no figure is theirs."""

_PLUMBING = tuple(f"{name}." for name in PLUMBING)

OURS = ("t2c", "benchmarks")


def source_of(module: str) -> Path | None:
    """The file of a module of ours; None if it is none."""
    if module.partition(".")[0] not in OURS:
        return None
    place = ROOT / module.replace(".", "/")
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()]
    return found[0] if found else None


class _Bare(ast.NodeTransformer):
    """Takes docstrings out: statements that are only a string."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else node


@cache
def _parsed(path: Path) -> ast.Module:
    """A file without docstrings."""
    tree = _Bare().visit(ast.parse(path.read_text()))
    assert isinstance(tree, ast.Module)
    return tree


def definition(thing: Callable[..., object]) -> str:
    """What the interpreter makes of one class or function, without docstrings."""
    return ast.dump(_Bare().visit(ast.parse(dedent(inspect.getsource(thing)))))


@cache
def code_digest(path: Path) -> str:
    """SHA-256 of what the interpreter makes of a file, without docstrings."""
    return sha256(ast.dump(_parsed(path)).encode()).hexdigest()


def home_of(module: str, name: str) -> str:
    """The module in which `from module import name` finds what it names, through all that pass it on."""
    if source_of(f"{module}.{name}") is not None:
        return f"{module}.{name}"
    path = source_of(module)
    for node in ast.walk(_parsed(path)) if path else ():
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return home_of(node.module, alias.name)
    return module


@cache
def imports_of(path: Path) -> frozenset[str]:
    """The modules of ours that a file takes something of, wherever in the file."""
    found = set()
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {home_of(node.module, alias.name) for alias in node.names}
    return frozenset(name for name in found if source_of(name) is not None)


def closure(roots: Iterable[str]) -> dict[str, Path]:
    """All modules that some modules run through, themselves included, but for those in NAMED."""
    found: dict[str, Path] = {}
    pending = sorted(set(roots))
    while pending:
        module = pending.pop()
        path = source_of(module)
        if module in found or module in NAMED or path is None or f"{module}.".startswith(_PLUMBING):
            continue
        found[module] = path
        pending.extend(imports_of(path))
    return found


def digest(settings: object, roots: Iterable[str]) -> str:
    """16 hexadecimal digits that change with the settings, the code behind the roots, torch or NumPy.

    Args:
        settings: whose `repr` says all; no object without one of its own.
        roots: dotted names of modules.

    Raises:
        ValueError: the settings hold an object that shows its address.
    """
    text = repr(settings)
    if " at 0x" in text:
        raise ValueError(f"settings without a text of their own: {text}")
    parts = [text, torch.__version__, np.__version__]
    parts += [f"{module} {code_digest(path)}" for module, path in sorted(closure(roots).items())]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]
