"""From a PyTorch model to an integer model package: quantisers, dual-path layers, fusion, trainers, conversion.

The names that a script needs load with torch when they are first used; the command line does without it where it can.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "T2C": "t2c.nn2chip",
    "NetFuser": "t2c.fusion",
    "LayerBits": "t2c.fusion",
    "METHODS": "t2c.methods",
    "TRAINER": "t2c.trainers",
}

__all__ = ["METHODS", "T2C", "TRAINER", "LayerBits", "NetFuser"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 't2c' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
