"""Plain JSON: what a metamodel, a payload and a kept result consist of, and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

from t2c.common.shown import shown
from t2c.flows.errors import FlowError


def as_plain(value: Any, what: str) -> Any:
    """A copy of a value in texts, integers, finite floats, booleans, None, lists and dictionaries with texts as keys.

    Tuples become lists, and numbers of NumPy and torch become Python's.

    Args:
        value: to copy; what: it is, for the message.

    Raises:
        FlowError: something else is in it.
    """
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise FlowError(f"{what} = {value} is no finite number")
        return float(value)
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise FlowError(f"{what}: the key {shown(odd[0])} is no text")
        return {key: as_plain(item, f"{what}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_plain(item, f"{what}[{index}]") for index, item in enumerate(value)]
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return as_plain(value.item(), what)
    raise FlowError(f"{what} = {shown(value)} is a {type(value).__name__}, which JSON does not hold")


def canonical(value: Any) -> str:
    """The one text of some plain JSON, keys in order of the alphabet."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(value: Any) -> str:
    """SHA-256 of some plain JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()
