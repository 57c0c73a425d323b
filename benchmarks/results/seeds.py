"""One figure from several seeds: mean and spread, or what is missing."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

Figures = dict[str, Any]
BySeed = Mapping[int, Figures | None]
"""Figures by seed; None where they have not been made."""


def missing(found: BySeed) -> str:
    """Which seeds have no figures, in words; "" if all have."""
    seeds = [str(seed) for seed, figures in found.items() if figures is None]
    if len(seeds) == len(found):
        return "not made yet"
    return f"seed {', '.join(seeds)} not made yet" if seeds else ""


def mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of a sample, 0 of a single value."""
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0


def spread(values: Sequence[float], form: str = "{:.1f}") -> str:
    """Both in words; a single value alone.

    >>> spread([98.0, 98.2, 98.4]), spread([1.0, 2.0], "{:+.1f}")
    ('98.2 ± 0.2', '+1.5 ± 0.7')
    """
    mean, deviation = (form.format(value) for value in mean_and_spread(values))
    return mean if len(values) == 1 else f"{mean} ± {deviation.removeprefix('+')}"


def percent(fractions: Sequence[float]) -> str:
    """The same of fractions, in percent.

    >>> percent([0.5, 0.75])
    '62.5 ± 17.7'
    """
    return spread([100 * fraction for fraction in fractions])
