"""From a PyTorch model to an integer model package, to a program of the core, and to RTL that is compared with golden.

The names below are the public API; docs/api.md. Each loads when it is first used: T2C, NetFuser, LayerBits, METHODS and
TRAINER with PyTorch, the others with NumPy alone.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from t2c.api import (
        Hardware,
        Package,
        PackageError,
        Program,
        RangeError,
        Result,
        ShapeError,
        UnitResult,
        UnsupportedError,
        UserError,
        compile_program,
        golden_tensors,
        hardware_for,
        load_package,
        run_unit,
        simulate,
    )
    from t2c.fusion import LayerBits, NetFuser
    from t2c.methods import METHODS
    from t2c.nn2chip import T2C
    from t2c.trainers import TRAINER

__all__ = [
    "METHODS",
    "T2C",
    "TRAINER",
    "Hardware",
    "LayerBits",
    "NetFuser",
    "Package",
    "PackageError",
    "Program",
    "RangeError",
    "Result",
    "ShapeError",
    "UnitResult",
    "UnsupportedError",
    "UserError",
    "compile_program",
    "golden_tensors",
    "hardware_for",
    "load_package",
    "run_unit",
    "simulate",
]

_TORCH = {
    "T2C": "t2c.nn2chip",
    "NetFuser": "t2c.fusion",
    "LayerBits": "t2c.fusion",
    "METHODS": "t2c.methods",
    "TRAINER": "t2c.trainers",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 't2c' has no attribute {name!r}")
    return getattr(import_module(_TORCH.get(name, "t2c.api")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
