"""The finalists side by side, and beside what the network costs before anything is optimised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from t2c.flows.metamodel import Metric
from t2c.flows.report.markup import Markup, element
from t2c.flows.report.quantities import in_percent, measured, named, number, seconds
from t2c.flows.report.reading import ShownFlow
from t2c.flows.report.splits import split_mark

BASELINE = "unoptimised_"
_FIRST = ("accuracy", "test_accuracy", "dsp", "lut", "ff", "bram", "interval", "cycles", "mhz")
"""Rows in this order; others after them."""
_LARGE = ("mhz",)
"""Of which more is better, beside what is in percent of accuracy."""


def finalists_table(flow: ShownFlow) -> Markup:
    """A row a metric, a column a finalist; with a baseline, the change against it in percent."""
    found = [finalist.latest() for finalist in flow.finalists]
    based = any(name.startswith(BASELINE) for metrics in found for name in metrics)
    several = len(found) > 1
    headings = ["", "from", *(["unoptimised"] if based else [])]
    headings += [f"variant {index + 1}" if several else "result" for index in range(len(found))]
    rows = [_row(name, found, based) for name in _names(found)]
    numbers = [None, None, *["number"] * (len(headings) - 2)]
    head = [element("th", text, class_=sort) for text, sort in zip(headings, numbers, strict=True)]
    time = element(
        "tr",
        element("td", "time of the flow", class_="name"),
        element("td", ""),
        *([element("td", "")] if based else []),
        element("td", seconds(flow.seconds), class_="number", colspan=len(found)),
    )
    return element(
        "table",
        element("thead", element("tr", *head)),
        element("tbody", *rows, time),
        class_="finalists",
    )


def _names(found: Sequence[Mapping[str, Metric]]) -> list[str]:
    names = list(dict.fromkeys(name.removeprefix(BASELINE) for metrics in found for name in metrics))
    return [name for name in _FIRST if name in names] + [name for name in names if name not in _FIRST]


def _row(name: str, found: Sequence[Mapping[str, Metric]], based: bool) -> Markup:
    bases = [metrics.get(f"{BASELINE}{name}") for metrics in found]
    here = [metrics.get(name) for metrics in found]
    splits = dict.fromkeys(metric.split for metric in [*here, *bases] if metric)
    cells = [element("td", named(name), class_="name"), element("td", *map(split_mark, splits))]
    if based:
        shown = dict.fromkeys(measured(name, base.value) for base in bases if base)
        cells.append(element("td", ", ".join(shown), class_="number"))
    for metric, base in zip(here, bases, strict=True):
        parts = [element("div", measured(name, metric.value), title=repr(metric.value))] if metric else []
        if metric and base:
            parts.append(_change(name, metric.value, base.value))
        cells.append(element("td", *parts, class_="number"))
    return element("tr", *cells, data_metric=name)


def _change(name: str, value: float, base: float) -> Markup:
    """In percent of the baseline; of what is in percent already, in points."""
    if in_percent(name):
        points = 100 * (value - base)
        text, gain = f"{points:+.2f} points", points if name.endswith("accuracy") else -points
    elif base == 0:
        return element("div", "")
    else:
        percent = 100 * (value / base - 1)
        text, gain = f"{number(round(percent, 1))} %", percent if name in _LARGE else -percent
        text = text if percent < 0 else f"+{text}"
    colour = "better" if gain > 0 else "worse" if gain < 0 else "faint"
    return element("div", text.replace("-", "\N{MINUS SIGN}"), class_=colour)
