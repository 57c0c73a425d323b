"""Bits by layer as a small map: a column a layer, a row for weights and one for results, the narrower the darker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.flows.report.markup import Markup, element
from t2c.flows.report.quantities import NOTHING

_WIDEST, _NARROWEST = 8, 2


def bits_map(decision: Mapping[str, Any]) -> Markup:
    """The bits that a QUANTIZE decided, those of all layers first.

    Args:
        decision: with `weight_bits` and `activation_bits` of all layers, and `layer_bits`, by layer those of its
            weights and of its results, None where it has none of its own.
    """
    own = decision.get("layer_bits") or {}
    columns = {"all others" if own else "all layers": (decision["weight_bits"], decision["activation_bits"])}
    columns |= {name: (bits[0], bits[1]) for name, bits in own.items()}
    head = element("tr", element("th", "bits"), *(element("th", name) for name in columns))
    rows = [
        element("tr", element("th", what), *(_cell(bits[row]) for bits in columns.values()))
        for row, what in enumerate(("weights", "results"))
    ]
    return element("table", element("thead", head), element("tbody", *rows), class_="bits")


def _cell(bits: int | None) -> Markup:
    if bits is None:
        return element("td", NOTHING)
    narrow = (_WIDEST - min(max(bits, _NARROWEST), _WIDEST)) / (_WIDEST - _NARROWEST)
    style = f"background: hsl(212, 60%, {94 - 54 * narrow:.0f}%); color: {'#ffffff' if narrow > 0.5 else '#1d2733'}"
    return element("td", str(bits), style=style)
