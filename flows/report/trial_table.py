"""The trials of a step as a table, whatever they are: a column an entry, and one each for those of `settings`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from t2c.flows.report.markup import Markup, element, link
from t2c.flows.report.quantities import plain
from t2c.flows.trials import FOLDER

_OPENED = ("settings", "objectives")
"""Entries whose own entries are columns."""


def trial_table(trials: Sequence[Mapping[str, Any]], chosen: Collection[int]) -> Markup:
    """A row a trial, those that were chosen marked."""
    rows: list[dict[str, str]] = [dict(_cells(trial)) for trial in trials]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    head = element("tr", *(element("th", name) for name in ("trial", *columns)))
    return element(
        "table",
        element("thead", head),
        element("tbody", *(_row(index, row, columns, index in chosen) for index, row in enumerate(rows))),
        class_="trials",
    )


def _row(index: int, row: Mapping[str, str], columns: Sequence[str], chosen: bool) -> Markup:
    cells = [element("td", row.get(column, "")) for column in columns]
    number = element("td", f"{index + 1}{' ✓' if chosen else ''}")
    return element("tr", number, *cells, class_="chosen" if chosen else None)


def _cells(trial: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in trial.items():
        if name in _OPENED and isinstance(value, Mapping):
            for inner, item in value.items():
                yield inner, plain(inner.rpartition(".")[2], item)
        elif name == "metrics" and isinstance(value, list):
            for metric in value:
                split = f" ({metric['split']})" if metric["split"] else ""
                yield f"{metric['name']}{split}", plain(metric["name"], metric["value"])
        elif name == FOLDER and isinstance(value, str):
            yield "files", link(value, value)
        elif name == "passed" and isinstance(value, list):
            yield name, " → ".join(map(str, value))
        else:
            yield name.replace("_", " "), plain(name, value)
