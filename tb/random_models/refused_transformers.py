"""Seeded random transformers that the core refuses, each for one reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.package import Package
from t2c.tb.random_models.transformers import TransformerShape, transformer


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A transformer that an array does not run. message: what the refusal says, a regular expression."""

    package: Package
    message: str


def refused_transformers(seed: int, hardware: Hardware) -> Iterator[Refused]:
    """One transformer for each reason to refuse one; the rest of each is random.

    Args:
        seed: the packages follow from it and from the array.
        hardware: what refuses them.
    """
    for name, (fixed, message) in _reasons(hardware).items():
        rng = np.random.default_rng((7, seed))
        usual = {
            "heads": 1,
            "depth": hardware.rows,
            "tokens": int(rng.integers(2, 9)),
            "patches": bool(rng.integers(2)),
        }
        shape = TransformerShape(**{**usual, **fixed})
        yield Refused(package=transformer(f"refused-{name}-{seed}", shape, rng), message=message)


def _reasons(hardware: Hardware) -> dict[str, tuple[dict[str, Any], str]]:
    """What is fixed of a shape that is refused, and how."""
    cols, rows = hardware.cols, hardware.rows
    shared = {"heads": 2, "depth": cols + 1, "fused": False}
    found: dict[str, tuple[dict[str, Any], str]] = {
        "zero-point": ({"moved": {"zero_point": 1, "signed": True}}, r"layer 'matmul\d+': .* has the zero point 1"),
        "unsigned": (
            {"moved": {"zero_point": 0, "signed": False, "bits": hardware.w_w}},
            r"layer 'matmul\d+': .* unsigned does not fit a signed weight",
        ),
        "rounding": ({"roundings": (Rounding.FLOOR, Rounding.HALF_EVEN)}, r"layer 'softmax\d+': rounding "),
        "root": ({"norm": {"root_bits": 14}}, r"layer 'layer_norm\d+': root_bits = 14"),
        "fraction": ({"norm": {"fraction_bits": 9}}, r"layer 'layer_norm\d+': fraction_bits = 9"),
    }
    return found if rows == cols else {**found, "tile": (shared, rf"layer 'matmul\d+': heads of {cols + 1} channels")}
