"""What `make formal` proves the RTL to equal equals golden: on corners, ties and random operands, by Icarus."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant, OutputStage, mulquant
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.simulators import find_icarus

BITS = {"pair": 1, "acc": 32, "multiplier": 16, "bias": 40, "acc2": 32, "multiplier2": 16, "shift": 6}
SETTINGS = {"rounding": 3, "zero_point": 9, "lo": 9, "hi": 9}
STAGES = [
    OutputStage(rounding=mode, zero_point=zero_point, lo=lo, hi=hi)
    for mode in Rounding
    for zero_point, lo, hi in ((0, -128, 127), (128, 0, 255), (-128, -128, -128), (255, 3, 250))
]
RANDOM = 400
"""Random operands for each rounding mode and range."""


def corners(bits: int, rng: np.random.Generator, size: int) -> IntArray:
    """Ends of the range, 0, +-1 and values near powers of two, with random ones between."""
    top = 1 << (bits - 1)
    power = 1 << rng.integers(0, bits - 1, size)
    near = rng.choice([-1, 1], size) * power + rng.integers(-2, 3, size)
    values = np.where(rng.integers(0, 4, size) == 0, rng.choice([-top, top - 1, 0, 1, -1], size), near)
    return np.clip(np.where(rng.integers(0, 2, size) == 0, rng.integers(-top, top, size), values), -top, top - 1)


def operands(rng: np.random.Generator, size: int) -> dict[str, IntArray]:
    """Operands of which a third is a pair, and a third hits a tie exactly where the bias can make it one."""
    drawn = {name: corners(bits, rng, size) for name, bits in BITS.items() if name not in ("pair", "shift")}
    drawn["shift"] = rng.permutation(np.arange(size) % 64)
    drawn["pair"] = rng.integers(0, 3, size) // 2
    half = (np.int64(1) << drawn["shift"]) >> 1
    off = half - products(drawn) % np.maximum(2 * half, 1)
    tied = (rng.integers(0, 3, size) == 0) & (drawn["shift"] < 40) & (drawn["shift"] > 0)
    drawn["bias"] = np.where(tied, off, drawn["bias"])
    return drawn


def products(drawn: dict[str, IntArray]) -> IntArray:
    return drawn["acc"] * drawn["multiplier"] + drawn["pair"] * drawn["acc2"] * drawn["multiplier2"]


def hexadecimal(value: int, bits: int) -> str:
    return f"{value % (1 << bits):x}"


@pytest.mark.slow
def test_specification_equals_golden(tmp_path: Path) -> None:
    find_icarus().activate()
    rng = np.random.default_rng(5)
    lines: list[str] = []
    expected: list[int] = []
    ties = pairs = 0
    for stage in STAGES:
        drawn = operands(rng, RANDOM)
        p = products(drawn) + drawn["bias"]
        ties += int(
            np.sum((drawn["shift"] > 0) & (p % (np.int64(1) << drawn["shift"]) == (np.int64(1) << drawn["shift"]) >> 1))
        )
        pairs += int(drawn["pair"].sum())
        single = mulquant(
            drawn["acc"],
            MulQuant(
                rounding=stage.rounding,
                zero_point=stage.zero_point,
                lo=stage.lo,
                hi=stage.hi,
                **{name: drawn[name] for name in ("multiplier", "bias", "shift")},
            ),
            channel_axis=0,
        )
        result = np.where(drawn["pair"] == 1, stage.requantise(p, drawn["shift"]), single)
        expected += (result % 256).tolist()
        settings = (stage.rounding.code, stage.zero_point, stage.lo, stage.hi)
        tail = [hexadecimal(value, bits) for value, bits in zip(settings, SETTINGS.values(), strict=True)]
        for row in zip(*(drawn[name].tolist() for name in BITS), strict=True):
            fields = [hexadecimal(value, bits) for value, bits in zip(row, BITS.values(), strict=True)]
            lines.append(" ".join(fields + tail))
    assert ties > 1000
    assert pairs > 1000
    assert simulate(lines, tmp_path) == expected


def simulate(lines: list[str], folder: Path) -> list[int]:
    """The specification's results, by Icarus."""
    (folder / "operands").write_text("\n".join(lines) + "\n")
    sources = [
        Path(__file__).with_name("mulquant_spec_vectors.v"),
        *sorted(units()["mulquant"].formal.glob("mulquant_*_spec.v")),
    ]
    subprocess.run(["iverilog", "-g2005", "-o", folder / "spec.vvp", *sources], check=True)
    subprocess.run(["vvp", folder / "spec.vvp", "+operands=operands", "+results=results"], cwd=folder, check=True)
    return [int(word, 16) for word in (folder / "results").read_text().split()]
