"""Classes and functions in files of a user's own, beside the yaml: imported once, and again when the file changes."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from t2c.common.own_python import OwnPython, find_python


def own_code(where: str, home: Path) -> OwnPython:
    """Find FILE.py:NAME.

    Args:
        where: the file, relative to the yaml, and the class or function; home: folder of the yaml.

    Raises:
        UserError: there is none.
    """
    file = home / where.rpartition(":")[0]
    return _found(f"{home / where}", hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "")


@functools.cache
def _found(where: str, digest: str) -> OwnPython:
    return find_python(where)
