"""Choosing M, B and S within the limits of a chip, for real scales and biases."""

from __future__ import annotations

import math

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import RangeError
from t2c.golden.target.limits import ChipLimits, MultiplierLimits
from t2c.mulquant_constants import Constants, RealArray, constants_of

INVISIBLE = 0.25
"""Output steps that a scale may be worth at its farthest to be taken as 0."""


def multiplier_for(scale: float, shift: int, limits: MultiplierLimits) -> int | None:
    """The multiplier of a chip nearest to scale 2^shift; None where there is none, or 0 for a scale that is not."""
    value = math.ldexp(scale, shift)
    if limits.power_of_two:
        size = abs(value)
        found = 0 if size < 0.5**0.5 else 1 << round(math.log2(size))
        found = -found if value < 0 else found
    else:
        found = round(value)
    return None if found == 0 or limits.refuses(found) else found


def choose_within(
    scale: RealArray, bias: RealArray, reach: RealArray, chip: ChipLimits, *, joint: bool = False
) -> Constants:
    """Choose, for every channel, the largest S of the chip for which M and B are among its constants.

    Args:
        scale, bias: (C,) real, in output steps; reach: (C,) largest |accumulator|; chip: its limits;
        joint: one S for all (the operands of a sum), as it is anyway where the chip has one of each for a layer.

    Returns:
        M nearest to scale 2^S (of powers of two, the nearest in the logarithm), B nearest to bias 2^S, or M times the
        integer nearest to bias / (M 2^-S) where the chip adds it before the multiplier.

    Raises:
        RangeError: no S will do; the message says which limit is in the way.
    """
    groups = [np.arange(scale.size)] if joint or chip.per_layer else [np.array([c]) for c in range(scale.size)]
    multiplier, shifts, biases = (np.zeros(scale.size, np.int64) for _ in range(3))
    for group in groups:
        shared = chip.per_layer and not joint
        found = None
        for shift in range(chip.shift[1], chip.shift[0] - 1, -1):
            found = _at_shift(scale[group], bias[group], reach[group], shift, chip, shared)
            if found is not None:
                break
        if found is None:
            raise RangeError(_reason(scale, bias, reach, group, chip, shared))
        multiplier[group], biases[group], shifts[group] = found[0], found[1], shift
    return constants_of(scale, bias, multiplier, biases, shifts)


def _at_shift(
    scale: RealArray, bias: RealArray, reach: RealArray, shift: int, chip: ChipLimits, shared: bool
) -> tuple[list[int], list[int]] | None:
    multipliers, biases = [], []
    common = multiplier_for(float(scale[np.argmax(np.abs(scale))]), shift, chip.multiplier) if shared else None
    for m, b, far in zip(scale.tolist(), bias.tolist(), reach.tolist(), strict=True):
        chosen = common if shared else multiplier_for(m, shift, chip.multiplier)
        if chosen is None:
            chosen = _nothing(m * far, chip)
        if chosen is None:
            return None
        added = _bias_for(b, chosen, shift, chip)
        if added is None:
            return None
        multipliers.append(chosen)
        biases.append(added)
    return multipliers, biases


def _nothing(worth: float, chip: ChipLimits) -> int | None:
    """The multiplier of a scale that is 0, or so small that no result shows it."""
    if abs(worth) > INVISIBLE:
        return None
    return 1 if chip.multiplier.power_of_two or chip.order.bias_first else 0


def _bias_for(bias: float, multiplier: int, shift: int, chip: ChipLimits) -> int | None:
    """B, or None where the chip has none such."""
    wanted = math.ldexp(bias, shift)
    value = round(wanted / multiplier) if chip.order.bias_first else round(wanted)
    if not chip.bias and abs(bias) <= INVISIBLE:
        value = 0
    if chip.refuses_bias(value):
        return None
    return value * multiplier if chip.order.bias_first else value


def _reason(
    scale: RealArray, bias: RealArray, reach: RealArray, group: IntArray, chip: ChipLimits, shared: bool
) -> str:
    """Which limit is in the way of a group of channels: the multiplier and the shift, or else the bias."""
    none = np.zeros(1)
    low, high = chip.shift
    shifts = range(low, high + 1)
    for c in group.tolist():
        one = slice(c, c + 1)
        if all(_at_shift(scale[one], none, reach[one], shift, chip, shared) is None for shift in shifts):
            limit = f"multiplier {chip.multiplier} and shift {low}..{high}"
            return f"channel {c}: scale {scale[c]:.6g} is none that {limit} can give"
    for c in group.tolist():
        one = slice(c, c + 1)
        if all(_at_shift(scale[one], bias[one], reach[one], shift, chip, shared) is None for shift in shifts):
            bits = f"{chip.bias} bits" if chip.bias else "a chip without bias"
            return f"channel {c}: bias of {bias[c]:.6g} steps does not fit {bits}"
    return f"no shift in {low}..{high} serves all {group.size} channels together"


def ceiling_of(scale: float, limits: MultiplierLimits, shifts: tuple[int, int]) -> tuple[int, int] | None:
    """M, S with the least M 2^-S that is not below a positive scale; None if there is none. To fold into weights.

    >>> ceiling_of(0.3, MultiplierLimits(bits=12, signed=False), (8, 23))
    (2458, 13)
    >>> ceiling_of(0.3, MultiplierLimits(bits=1, signed=False, power_of_two=True), (0, 23))
    (1, 1)
    """
    best: tuple[int, int] | None = None
    for shift in range(shifts[1], shifts[0] - 1, -1):
        value = math.ldexp(scale, shift)
        found = 1 << max(math.ceil(math.log2(value)), 0) if limits.power_of_two else max(math.ceil(value), 1)
        if limits.refuses(found):
            continue
        if best is None or math.ldexp(found, -shift) < math.ldexp(best[0], -best[1]):
            best = (found, shift)
    return best
