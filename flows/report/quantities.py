"""How numbers are written: counts as they are, accuracies and errors in percent, and the units of axes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NOTHING = "\N{EN DASH}"
"""Stands where there is no value."""
_UNITS = {
    **{"lut": "LUTs", "ff": "flip-flops", "dsp": "DSPs", "bram": "block memories", "mhz": "clock in MHz"},
    **{"interval": "cycles from image to image", "cycles": "cycles an image", "memory_kib": "memories in KiB"},
    "multipliers": "multipliers",
}
_PREFIXES = {"unoptimised_": "unoptimised: ", "estimated_": "estimated: "}
_ACCURACY = {"floor", "tolerance"}


def in_percent(name: str) -> bool:
    """Whether a metric or an entry of a decision is a share that is written in percent: accuracies and errors."""
    return bool(re.fullmatch(r"\w*(accuracy|error)", name)) or name in _ACCURACY


def titled(name: str) -> str:
    """A metric as the title of an axis, with its unit.

    >>> titled("lut"), titled("accuracy"), titled("estimated_lut")
    ('LUTs', 'accuracy in %', 'estimated: LUTs')
    """
    for prefix, word in _PREFIXES.items():
        if name.startswith(prefix):
            return word + titled(name.removeprefix(prefix))
    words = name.replace("_", " ") if name.isidentifier() else name
    return _UNITS.get(name, f"{words} in %" if in_percent(name) else words)


def number(value: float) -> str:
    """A number to read: whole ones in full, others to four or five digits.

    >>> number(12345.0), number(0.93751), number(1234.56)
    ('12,345', '0.9375', '1,234.6')
    """
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.1f}" if 100 <= abs(value) < 1e9 else f"{value:.4g}"


def named(name: str) -> str:
    """A metric in words, with its unit if that is not in percent.

    >>> named("interval"), named("test_accuracy")
    ('cycles from image to image', 'test accuracy')
    """
    return _UNITS.get(name, worded(name))


def measured(name: str, value: float) -> str:
    """The value of a metric as it is written everywhere.

    >>> measured("accuracy", 0.98765), measured("lut", 1234.0)
    ('98.77\\xa0%', '1,234')
    """
    return f"{100 * value:.2f}\N{NO-BREAK SPACE}%" if in_percent(name) else number(value)


def seconds(value: float) -> str:
    """A time.

    >>> seconds(0.034), seconds(75.2), seconds(7322)
    ('0.03 s', '1 min 15 s', '2 h 2 min')
    """
    if value < 60:
        return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def plain(name: str, value: Any) -> str:
    """Plain JSON in words, compact.

    >>> plain("counts", {"lut": 20, "ok": True, "bits": [4, 2]})
    'lut 20, ok yes, bits 4 2'
    """
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return measured(name, value)
    if isinstance(value, Mapping):
        return ", ".join(f"{worded(key)} {plain(key, item)}" for key, item in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return " ".join(plain(name, item) for item in value) or "none"
    return str(value)


def worded(name: str) -> str:
    """The name of an entry in words."""
    return name.replace("_", " ") if name.isidentifier() else name


def on_axis(name: str, value: float) -> float:
    """A value in the unit of its axis."""
    return 100 * value if in_percent(name) else value
