"""Bins that a module with legal ranges of its own cannot be brought to."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from t2c.golden.arithmetic.requantiser_order import RequantiserOrder, scaled_sum
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding
from t2c.tb.components.bins import Coverage
from t2c.tb.dut.legal_values import Legal
from t2c.tb.units.mulquant.classes import SentBatch, classes
from t2c.tb.units.mulquant.stimulus import Config, Ranges, Vector
from t2c.tb.units.mulquant.supply import formats

GROUPS = {"acc": "accumulator", "multiplier": "multiplier", "bias": "bias", "shift": "shift"}
NEGATIVE = ("p negative", "tie, negative", "tie, negative, even quotient", "tie, negative, odd quotient")
POSITIVE = ("p positive", "tie, positive", "tie, positive, even quotient", "tie, positive, odd quotient")


def exclude_illegal(coverage: Coverage, legal: Mapping[str, Legal], ranges: Ranges, order: RequantiserOrder) -> None:
    """Exclude what no legal value of a field is in, and what no p of legal values can be.

    Args:
        coverage: of the unit, declared.
        legal: field of a vector -> its values, every field.
        ranges: of the unit.
        order: of its operations.
    """
    usual = Vector(**{name: values.nearest(0) for name, values in legal.items()})
    config = Config(rounding=Rounding.HALF_UP, zero_point=0, lo=-1, hi=0)
    for name, group in GROUPS.items():
        tried = [(Vector(**{**vars(usual), name: value}),) for value in legal[name].small()]
        found = classes(SentBatch(config=config, items=tried, ranges=ranges))[group]
        for bin_name, inside in found.items():
            if not inside.any():
                coverage.exclude_everywhere(bin_name, f"{name}: the module takes {legal[name].text()}")
    _exclude_fractions(coverage, legal["shift"])
    vectors = product(*(_ends(legal[name]) for name in ("acc", "multiplier", "bias")))
    sums = [int(scaled_sum(acc, multiplier, bias, order)) for acc, multiplier, bias in vectors]
    least, largest = min(sums), max(sums)
    for names, never in ((NEGATIVE, least >= 0), (POSITIVE, largest <= 0)):
        for name in names if never else ():
            coverage.exclude_everywhere(name, f"p is {least}..{largest}")
    if (
        not all(legal[name] == whole for name, whole in formats(ranges).items() if name != "shift")
        or order != RequantiserOrder()
    ):
        for name in ("p largest of all", "p least of all"):
            coverage.exclude_everywhere(name, f"p is {least}..{largest}")


def _exclude_fractions(coverage: Coverage, shift: Legal) -> None:
    """What takes more dropped bits than any legal shift drops."""
    for least, names in (
        (1, ("tie", *NEGATIVE[1:], *POSITIVE[1:], "tie, even quotient", "tie, odd quotient")),
        (2, ("below half", "above half")),
        (FIRST_SHIFT + 1, tuple(coverage.groups["two roundings"])),
    ):
        for name in names if shift.highest < least else ():
            coverage.exclude_everywhere(name, f"the largest shift is {shift.highest}")


def _ends(legal: Legal) -> tuple[int, int]:
    return legal.lowest, legal.highest
