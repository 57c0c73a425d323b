"""A function in a Python file of the user's own: found, imported, and its errors placed in that file."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.errors import UserError

DIGITS = 12
"""Of the digest of a file that a report shows."""


@dataclass(frozen=True, kw_only=True)
class OwnPython:
    """path: of the file; digest: its SHA-256; call: the function."""

    path: Path
    digest: str
    call: Callable[..., Any]

    @property
    def line(self) -> int:
        """Where the function begins in its file; 1 if it is no function of Python."""
        code = getattr(inspect.unwrap(self.call), "__code__", None)
        return int(code.co_firstlineno) if code else 1


def own_python(where: str, *arguments: str) -> OwnPython:
    """Find FILE.py:FUNCTION.

    Args:
        where: the file and the function.
        arguments: that it must take.

    Raises:
        UserError: no such file, it cannot be imported, it has no such function, or one that takes other arguments.
    """
    found = find_python(where)
    try:
        inspect.signature(found.call).bind(*arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"{where}: it does not take ({', '.join(arguments)})") from error
    return found


def find_python(where: str) -> OwnPython:
    """Find FILE.py:FUNCTION, whatever it takes.

    Raises:
        UserError: no such file, it cannot be imported, or it has no such function.
    """
    file, _, name = where.rpartition(":")
    path = Path(file)
    if not file or not name.isidentifier():
        raise UserError(f"{where!r} is not FILE.py:FUNCTION")
    try:
        source = path.read_bytes()
    except (OSError, ValueError) as error:
        raise UserError(f"{where}: {getattr(error, 'strerror', None) or error}") from error
    digest = hashlib.sha256(source).hexdigest()
    spec = importlib.util.spec_from_file_location(f"t2c_own_{path.stem}_{digest[:DIGITS]}", path)
    if spec is None or spec.loader is None:
        raise UserError(f"{where}: is not a file of Python")
    module = importlib.util.module_from_spec(spec)
    try:
        # What was hashed, not what lies compiled beside it: a file that changes within a second keeps its old bytecode.
        exec(compile(source, path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        raise UserError(f"{where}: {line_of(error, path)}{type(error).__name__}: {error}") from error
    call = getattr(module, name, None)
    if not callable(call):
        raise UserError(f"{where}: the file has no function {name!r}")
    return OwnPython(path=path, digest=digest, call=call)


def line_of(error: BaseException, path: Path) -> str:
    """`line N: ` of the user's file, where the error came from there."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).name == path.name]
    return f"line {lines[-1]}: " if lines else ""
