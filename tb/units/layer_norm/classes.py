"""Classes of the elements of rows: one input for each lane of a beat, those beyond the end of a row in none but one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.layer_norm import RowNorm, integer_root, normalise, reciprocal_root
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.components.bins import Classes, Coverage
from t2c.tb.units.layer_norm.rows import RowSpace, of_row, random_quant
from t2c.tb.units.row_classes import RowLanes, cover_rows
from t2c.tb.units.row_space import Row

PARAMETERS = {
    "X_W": (2, 16),
    "LANES": (1, 2, 4, 8, 16),
    "LEN_W": (1,),
    "ROOT_W": (8, 20),
    "FRAC_W": (4, 20),
    "OUT_W": tuple(range(2, 9)),
}
"""Values of each parameter that must be tried."""


@dataclass(frozen=True, kw_only=True, eq=False)
class SentRow:
    """A row with its constants and the names of both sides' stall profiles."""

    row: Row
    norm: RowNorm
    quant: MulQuant
    stall_in: str = "none"
    stall_out: str = "none"


def classes(sent: SentRow, space: RowSpace) -> Classes:
    """Which lanes of a row's beats are in which class, beat by beat, the lowest lane first."""
    x, norm, fmt = np.array(sent.row, dtype=np.int64), sent.norm, space.fmt
    length, lanes = len(x), RowLanes(len(x), space)
    each, every = lanes.each, lanes.every
    total = int(x.sum())
    spread = length * int((x * x).sum()) - total * total
    v, bits = spread + norm.epsilon, norm.root_bits
    (r, half), t = (int(part) for part in reciprocal_root(np.array(v), bits)), normalise(x, norm)
    moved = v << 2 * max(bits - half, 0) >> 2 * max(half - bits, 0)
    k = int(integer_root(np.array(moved), bits))
    shift = bits + half - norm.fraction_bits
    p = t * sent.quant.multiplier + sent.quant.bias
    dropped, tie = (length * x - total) * r & ((1 << shift) - 1), 1 << (shift - 1)
    y = sent.quant.requantise(p, sent.quant.shift)
    in_sight = sent.quant.requantise(p - sent.quant.multiplier, sent.quant.shift) != y  # one less would show

    return {
        **lanes.classes(sent.stall_in, sent.stall_out),
        "element": {
            "element least": each(x == fmt.lo),
            "element largest": each(x == fmt.hi),
            "element inside": each((x > fmt.lo) & (x < fmt.hi)),
        },
        "variance": {
            "all equal": every(length > 1 and spread == 0),
            "epsilon counts": every(norm.epsilon > 1),
            "epsilon 1": every(norm.epsilon == 1),
            "epsilon largest": every(norm.epsilon == (1 << space.parameters["E_W"]) - 1),
        },
        "root": {
            **{f"h = {n}": every(half == n) for n in range(1, most_half(space) + 1)},
            "V moved up": every(half < bits),
            "V moved down": every(half > bits),
            "k least": every(k == 1 << (bits - 1)),
            "k largest": every(k == (1 << bits) - 1),
            "V' a square": every(k * k == moved),
            "V' one below a square": every((k + 1) ** 2 == moved + 1),
            "V' between": every(k * k < moved < (k + 1) ** 2 - 1),
        },
        "reciprocal": {
            "divides without a rest": every((1 << 2 * bits) % k == 0),
            "divides with a rest": every((1 << 2 * bits) % k != 0),
            "N r largest": every(length == space.longest and r == 2 << bits and v > 1),
        },
        "t": {
            "t 0": each(t == 0),
            "t positive": each(t > 0),
            "t negative": each(t < 0),
            **{f"t needs bit {b}": each(np.abs(t) >> b == 1) for b in range(t_bits(space))},
        },
        "fraction of t": {
            "t exact": each(dropped == 0),
            "t below half": each((dropped > 0) & (dropped < tie)),
            "t tie": each(dropped == tie),
            "t above half": each(dropped > tie),
        },
        "rounding": {mode.value: every(sent.quant.rounding is mode) for mode in Rounding},
        "scale": {"t in sight": each(in_sight), "t scaled": each(~in_sight)},
        "shift": {f"bit {b} of S": each(sent.quant.shift >> b & 1 == 1) for b in range(space.parameters["SHIFT_W"])},
        "result": {
            "y lo": each(y == sent.quant.lo),
            "y inside": each((y > sent.quant.lo) & (y < sent.quant.hi)),
            "y hi": each(y == sent.quant.hi),
        },
    }


def most_half(space: RowSpace) -> int:
    """The largest h that a row can have."""
    n, top = space.longest, (1 << space.fmt.bits) - 1
    return (((n * n // 4) * top * top + (1 << space.parameters["E_W"]) - 1).bit_length() + 1) // 2


def t_bits(space: RowSpace) -> int:
    """Bits of the magnitude of the largest t: one element that stands out of the longest row."""
    top = (1 << space.fmt.bits) - 1
    row = [top] + [0] * (space.longest - 1)
    return int(np.abs(normalise(row, space.norm(1))).max()).bit_length()


def cover_unit(space: RowSpace, signs: Sequence[bool] = (True, False)) -> Coverage:
    """All bins of the unit; those that its widths or its signs cannot reach are excluded."""
    base = classes(SentRow(row=[space.fmt.lo], norm=space.norm(1), quant=of_row(random_quant(space), 1)), space)
    made = cover_rows(space, base, PARAMETERS, signs)
    for mode in Rounding:
        if mode.value not in space.traits.rounding:
            made.exclude("rounding", mode.value, "the module does not round so")
    for group, name, reason in _out_of_reach(space):
        made.exclude(group, name, reason)
    return made


def _out_of_reach(space: RowSpace) -> Iterator[tuple[str, str, str]]:
    """Bins that no row of this unit can be in, and why."""
    p, half = space.parameters, most_half(space)
    root, fraction, epsilon = p["ROOT_W"], p["FRAC_W"], p["E_W"]
    if epsilon == 1:
        yield "variance", "epsilon counts", "E is 1"
        yield "reciprocal", "N r largest", "E is 1"
    if half <= root:
        yield "root", "V moved down", f"V has at most {2 * half} bits"
    if 2 * half <= root:
        yield "root", "k largest", f"V has at most {2 * half} bits"
    if half < root:
        yield "root", "V' one below a square", f"V has at most {2 * half} bits"
    if half < fraction + 2:
        yield "fraction of t", "t tie", f"V has at most {2 * half} bits"
    for bit in range(t_bits(space)):
        if space.longest == 2 and bit < fraction - 1 - epsilon // 2:
            yield "t", f"t needs bit {bit}", "of two elements none is near the mean"
