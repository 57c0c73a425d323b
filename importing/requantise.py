"""From a source's rule to MulQuant's constants: the smallest that are proven exact, else the source's own."""

from __future__ import annotations

from dataclasses import dataclass, replace

from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.fit import fit
from t2c.importing.proof import Exactness, Grade, check_monotone, compare, rising
from t2c.importing.rule import Reach, Rule
from t2c.importing.thresholds import thresholds


@dataclass(frozen=True, kw_only=True)
class Requantised:
    """constants: of the layer; exactness: what is proven of them."""

    constants: LayerConstants
    exactness: Exactness


def requantise(
    rule: Rule, reach: Reach, *, zero_point: int, lo: int, hi: int, source: LayerConstants, place: str
) -> Requantised:
    """Turn a rule into constants.

    First come the constants of fewest bits that step at the rule's own accumulators (`t2c.importing.fit`), with
    half_up, which every core has. Where a channel has none, the whole layer takes the constants that follow from the
    source's scale, and whatever of the accumulators they miss is counted.

    Args:
        rule: the source's.
        reach: accumulators that can come, by channel.
        zero_point, lo, hi: of the output.
        source: the constants as the source's own scale and rounding give them, such as of mode double.
        place: what to call the layer in a refusal.

    Raises:
        RefusedError: the rule is no step function.
    """
    check_monotone(rule, reach, place)
    falling = rule.falling
    steps = thresholds(rising(rule, falling), reach.mirrored(falling), lo, hi)
    fitted = fit(steps, zero_point, lo, hi, falling)
    if fitted.exact.all():
        found = compare(rule, fitted.constants.mulquant(reach.widths), reach)
        if not found.differing:
            bits = fitted.constants.scale_bits
            return Requantised(constants=fitted.constants, exactness=replace(found, scale_bits=bits))
    source = source.with_channels_of(fitted.constants, fitted.still)
    grade = Grade.DOUBLE if source.rounding is Rounding.DOUBLE else Grade.PROVEN
    found = compare(rule, source.mulquant(reach.widths), reach, grade)
    bits = 0 if found.differing else source.scale_bits
    return Requantised(constants=source, exactness=replace(found, scale_bits=bits))
