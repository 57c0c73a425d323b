"""Classes of the inputs of a MulQuant unit: what its bench must have tried, and what explains a failure."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder, scaled_sum
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding, round_shift
from t2c.tb.components.bins import BoolArray, Classes, Coverage, cover_parameters, cross, names, stall_classes
from t2c.tb.units.mulquant.order_classes import saturation_classes
from t2c.tb.units.mulquant.stimulus import Config, Item, Ranges, Vector

PARAMETERS = {
    "ACC_W": (8, 48),
    "SCALE_W": (2, 32),
    "BIAS_W": (2, 60),
    "SHIFT_W": tuple(range(1, 7)),
    "OUT_W": tuple(range(2, 9)),
}
"""Values of each parameter that must be tried: both ends of its range in rtl/mulquant.v, or all of it."""
EXACT = RequantiserOrder()
NOTHING_FIXED: Mapping[str, int] = {}
RESETS = ("reset with results inside", "reset inside a pair")


@dataclass(frozen=True, kw_only=True)
class SentBatch:
    """Items that were sent in one configuration. ranges: of the unit; order: of its operations;
    lanes: that the items fill in turn; stall_in, stall_out: profiles of its sides."""

    config: Config
    items: Sequence[Item]
    ranges: Ranges
    order: RequantiserOrder = EXACT
    lanes: int = 1
    stall_in: str = "none"
    stall_out: str = "none"


def classes(batch: SentBatch) -> Classes:
    """Which items of a batch are in which class, group by group.

    A tie is p = (2 q + 1) 2^(S-1), its quotient q = floor(p / 2^S). What is said of accumulators and multipliers holds
    for any vector of the item; the bias is that of the first, the shift that of the last.
    """
    config, widths = batch.config, batch.ranges.widths
    accs, multipliers = _operands(batch, "acc"), _operands(batch, "multiplier")
    bias = np.array([item[0].bias for item in batch.items], dtype=np.int64)
    shift = np.array([item[-1].shift for item in batch.items], dtype=np.int64)
    p = _sums(batch, accs, multipliers, bias)
    pair = np.array([len(item) == 2 for item in batch.items], dtype=bool)
    rounding = {mode.value: np.full(len(batch.items), mode is config.rounding) for mode in Rounding}
    fraction = _fraction(p, shift)
    ties = _ties(fraction)
    value = round_shift(p, shift, config.rounding) + config.zero_point
    saturation = {
        "saturates low": value < config.lo,
        "one below lo": value == config.lo - 1,
        "exactly at lo": value == config.lo,
        "inside the range": (config.lo < value) & (value < config.hi),
        "exactly at hi": value == config.hi,
        "one above hi": value == config.hi + 1,
        "saturates high": value > config.hi,
    }
    quotient = (p >> shift) + config.zero_point
    up = value - quotient == 1
    return {
        "operands": {"single": ~pair, "pair": pair},
        "rounding": rounding,
        "fraction": fraction,
        "ties": ties,
        "two roundings": _two_roundings(p, shift, config),
        "saturation": saturation,
        "what rounding decides": {
            "rounding decides q": (config.lo <= quotient) & (quotient < config.hi),
            "rounded up to lo": up & (value == config.lo),
            "rounded up past hi": up & (value == config.hi + 1),
        },
        "shift": _shift(shift, batch),
        "accumulator": _extremes("accumulator", accs, widths.acc, pair),
        "multiplier": _extremes("multiplier", multipliers, widths.scale, pair),
        "bias": _extremes("bias", bias[:, np.newaxis], widths.bias, pair),
        "p": _ends_of_p(p, widths),
        **saturation_classes(
            config,
            batch.order,
            {"acc": accs[:, 0], "multiplier": multipliers[:, 0], "bias": bias, "shift": shift},
        ),
        "zero point": _sign("zero point", np.full(len(p), config.zero_point)),
        "range": {
            name: np.full(len(p), holds)
            for name, holds in (
                ("signed range", config.lo < 0),
                ("unsigned range", config.lo >= 0),
                ("one-value range", config.lo == config.hi),
                ("negative range", config.hi < 0),
                ("ReLU, lo = zero point", config.lo == config.zero_point),
            )
        },
        **_lanes(batch),
        **stall_classes(batch.stall_in, batch.stall_out, len(p)),
    }


def crosses(base: Classes) -> Classes:
    """The pairs of classes that must be hit together."""
    return {
        "fraction x rounding": cross(base["fraction"], base["rounding"]),
        "saturation x rounding": cross(base["saturation"], base["rounding"]),
        "ties of pairs": cross({"pair": base["operands"]["pair"]}, base["ties"]),
        "stalls of both sides": cross(base["input stalls"], base["output stalls"]),
    }


def cover_unit(
    parameters: Mapping[str, int],
    configs: Sequence[Config],
    *,
    pairs: bool = True,
    constants: Mapping[str, int] = NOTHING_FIXED,
    order: RequantiserOrder = EXACT,
    lanes: int = 1,
) -> Coverage:
    """All bins of the unit, over every width that it can be built with; what this module cannot hit is excluded.

    Every module declares every bin, so that those of several builds merge.

    Args:
        parameters: of the unit.
        configs: every configuration that the module can be set to.
        pairs: it joins two operands.
        constants: values of bias and shift that the module fixes.
        order: of its operations.
        lanes: of the module.
    """
    widths = Widths(acc=parameters["ACC_W"], scale=parameters["SCALE_W"], bias=parameters["BIAS_W"])
    ranges = Ranges(widths=widths, shift_w=parameters["SHIFT_W"], out_w=parameters["OUT_W"], rng=random.Random())
    item = (Vector(acc=0, multiplier=0, bias=constants.get("bias", 0), shift=constants.get("shift", 0)),)
    found = [
        classes(SentBatch(config=config, items=[item], ranges=ranges, order=order, lanes=lanes)) for config in configs
    ]
    made = Coverage({**names(found[0]), **names(crosses(found[0])), "reset": RESETS})
    cover_parameters(made, PARAMETERS, parameters)
    largest, bits = (1 << ranges.shift_w) - 1, _bits_of_p(widths)
    if largest < 3:
        made.exclude("shift", "shift between", f"the largest shift is {largest}")
    if largest < 2:
        for name in ("below half", "above half"):
            made.exclude_everywhere(name, "one bit is dropped at most")
    if largest < bits:
        made.exclude("shift", "shift of p's width or more", f"p has {bits} bits, the largest shift is {largest}")
    for group in ("rounding", "zero point", "range", *(name for name in ("bias", "shift") if name in constants)):
        for name in found[0][group]:
            if not any(each[group][name].any() for each in found):
                made.exclude_everywhere(name, "the module cannot be set so")
    absent: dict[str, str] = {}
    if {config.rounding for config in configs} == {Rounding.FLOOR}:
        absent |= dict.fromkeys(("rounded up to lo", "rounded up past hi"), "the module only rounds down")
    if not pairs:
        only = ("pair", "reset inside a pair", "p largest of all", "p least of all")
        absent |= dict.fromkeys(only, "the module does not join operands")
    if reason := _rounds_once(ranges, configs, constants):
        absent |= dict.fromkeys(names(found[0])["two roundings"], reason)
    for name, reason in absent.items():
        made.exclude_everywhere(name, reason)
    return made


def _rounds_once(ranges: Ranges, configs: Sequence[Config], constants: Mapping[str, int]) -> str:
    """Why the unit is never at a point where mode double turns; empty if it can be."""
    widths = ranges.widths
    if Rounding.DOUBLE not in {config.rounding for config in configs}:
        return "the module does not round twice"
    if "bias" in constants or "shift" in constants:
        return "the module fixes constants"
    if 1 << ranges.shift_w <= FIRST_SHIFT + 1:
        return f"the largest shift is {(1 << ranges.shift_w) - 1}"
    return "" if max(widths.acc + widths.scale, widths.bias) > FIRST_SHIFT + 3 else "p is too small for two roundings"


def _bits_of_p(widths: Widths) -> int:
    """P_W of rtl/mulquant.v."""
    return max(widths.acc + widths.scale, widths.bias) + 2


def _operands(batch: SentBatch, field: str) -> IntArray:
    """(items, 2): a field of both vectors of each item; that of a single vector's second operand is 0."""
    rows = [[getattr(item[0], field), getattr(item[1], field) if len(item) == 2 else 0] for item in batch.items]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _sums(batch: SentBatch, accs: IntArray, multipliers: IntArray, bias: IntArray) -> IntArray:
    """What is rounded for each item."""
    if batch.order == EXACT:
        return np.array((accs * multipliers).sum(axis=1) + bias, dtype=np.int64)
    return scaled_sum(accs[:, 0], multipliers[:, 0], bias, batch.order)


def _lanes(batch: SentBatch) -> Classes:
    """Which lane an item was in, of a module with several."""
    lane = np.arange(len(batch.items)) % batch.lanes
    return {"lane": {f"lane {k}": lane == k for k in range(batch.lanes)}} if batch.lanes > 1 else {}


def _fraction(p: IntArray, shift: IntArray) -> dict[str, BoolArray]:
    half = np.where(shift > 0, np.int64(1) << np.maximum(shift - 1, 0), 0)
    dropped = np.where(shift > 0, p & ((half - 1) * 2 + 1), 0)
    tie, odd = (dropped == half) & (shift > 0), (p >> shift) & 1 == 1
    return {
        "exact": dropped == 0,
        "below half": (dropped > 0) & (dropped < half),
        "tie, positive, even quotient": tie & (p > 0) & ~odd,
        "tie, positive, odd quotient": tie & (p > 0) & odd,
        "tie, negative, even quotient": tie & (p < 0) & ~odd,
        "tie, negative, odd quotient": tie & (p < 0) & odd,
        "above half": dropped > half,
    }


def _two_roundings(p: IntArray, shift: IntArray, config: Config) -> dict[str, BoolArray]:
    """Where mode double turns: 2^30 before a tie for p >= 0, 2^30 after it for p < 0; only with shifts above 31."""
    first = 1 << FIRST_SHIFT - 1
    twice = (shift > FIRST_SHIFT) & (config.rounding is Rounding.DOUBLE)
    half = np.int64(1) << np.maximum(shift - 1, 0)
    from_tie = np.where(shift > 0, p & (2 * half - 1), 0) - half
    up = twice & (p >= 0)
    down = twice & (p < 0)
    return {
        "one below where it turns, positive": up & (from_tie == -first - 1),
        "where it turns, positive": up & (from_tie == -first),
        "below a tie, rounded up": up & (from_tie >= -first) & (from_tie < 0),
        "above a tie, rounded down": down & (from_tie > 0) & (from_tie < first),
        "one below where it turns, negative": down & (from_tie == first - 1),
        "where it turns, negative": down & (from_tie == first),
        "the smallest shift that rounds twice": twice & (shift == FIRST_SHIFT + 1),
    }


def _ties(fraction: dict[str, BoolArray]) -> dict[str, BoolArray]:
    """The four kinds of ties, taken together in the ways in which a unit can be wrong about them."""
    kinds = {name: inside for name, inside in fraction.items() if name.startswith("tie")}
    found = {"tie": np.logical_or.reduce(list(kinds.values()))}
    for kind in ("positive", "negative", "even quotient", "odd quotient"):
        found[f"tie, {kind}"] = np.logical_or.reduce([inside for name, inside in kinds.items() if kind in name])
    return found


def _shift(shift: IntArray, batch: SentBatch) -> dict[str, BoolArray]:
    largest = (1 << batch.ranges.shift_w) - 1
    return {
        "shift 0": shift == 0,
        "shift 1": shift == 1,
        "shift between": (shift > 1) & (shift < largest),
        "shift largest": shift == largest,
        "shift of p's width or more": shift >= _bits_of_p(batch.ranges.widths),
    }


def _sign(what: str, value: npt.NDArray[np.int64]) -> dict[str, BoolArray]:
    return {f"{what} 0": value == 0, f"{what} positive": value > 0, f"{what} negative": value < 0}


def _extremes(what: str, values: IntArray, bits: int, pair: BoolArray) -> dict[str, BoolArray]:
    """Classes of (items, operands); the second operand counts only where there is a pair."""
    there = np.ones(values.shape, dtype=bool)
    there[:, 1:] = pair[:, np.newaxis]
    found = _sign(what, values) | {
        f"{what} most negative": values == -(1 << (bits - 1)),
        f"{what} largest": values == (1 << (bits - 1)) - 1,
    }
    return {name: (inside & there).any(axis=1) for name, inside in found.items()}


def _ends_of_p(p: IntArray, widths: Widths) -> dict[str, BoolArray]:
    """The sign of p, and the ends that only a pair with both products and the bias at their ends reaches."""
    acc, scale, bias = (1 << (bits - 1) for bits in (widths.acc, widths.scale, widths.bias))
    return _sign("p", p) | {
        "p largest of all": p == 2 * acc * scale + bias - 1,
        "p least of all": p == -2 * max(acc * (scale - 1), (acc - 1) * scale) - bias,
    }
