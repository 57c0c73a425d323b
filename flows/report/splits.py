"""A number with the split of the data that it comes from."""

from __future__ import annotations

from t2c.flows.metamodel import Metric
from t2c.flows.report.markup import Markup, element
from t2c.flows.report.quantities import measured, worded


def split_mark(split: str) -> Markup:
    """A split as a coloured word; nothing for a number that comes from no data."""
    return element("span", split, class_=f"split {split}") if split else Markup("")


def metric_shown(metric: Metric) -> Markup:
    """Name, value and split of a metric; its full value when the mouse rests on it."""
    text = f"{worded(metric.name)} {measured(metric.name, metric.value)}"
    return element("span", text, split_mark(metric.split), class_="metric", title=repr(metric.value))
