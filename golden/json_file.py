"""Read a JSON file that someone else made."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

from t2c.common.reading import read_plain
from t2c.common.shown import shown
from t2c.golden.errors import PackageError


def read_json(path: Path) -> Any:
    """Decode a JSON file; a repeated field is refused, where the decoder would silently take the last one.

    Raises:
        PackageError: no JSON.
        OSError: it cannot be read, or is no plain file.
    """
    try:
        return json.loads(read_plain(path), object_pairs_hook=partial(_object, path))
    except PackageError:
        raise
    except (ValueError, RecursionError) as error:
        raise PackageError(f"{path}: not JSON: {shown(str(error), 120)}") from error


def _object(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PackageError(f"{path}: field {shown(twice)} is given twice")
    return data
