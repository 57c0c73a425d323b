"""Which figures are drawn: accuracy against bits, against sparsity, and the gap that transfer leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from benchmarks.results.networks import NETWORKS
from benchmarks.results.plots import Point, lines
from benchmarks.results.rows import METHOD_ROWS, SPARSE_ROWS, Row
from benchmarks.results.seeds import BySeed, mean_and_spread, missing

ACCURACY = "integer accuracy, %"


def point(at: str, found: BySeed) -> Point | None:
    """A point of a line, in the format `normalized`; None where a seed is missing."""
    if missing(found):
        return None
    values = [100 * each["formats"]["normalized"]["integer"] for each in found.values() if each is not None]
    return Point(at, *mean_and_spread(values))


def gathered(points: Iterable[tuple[str, Point | None]]) -> dict[str, list[Point]]:
    """Points by the title of their line; those that are missing left out."""
    series: dict[str, list[Point]] = {}
    for title, found in points:
        if found is not None:
            series.setdefault(title, []).append(found)
    return series


def bits(figures: Mapping[Row, BySeed], network: str = "resnet20") -> str:
    """One line a method of table 1."""
    rows = [row for row in METHOD_ROWS if row.network == network]
    series = gathered((row.method, point(f"{row.weight_bits} / {row.activation_bits}", figures[row])) for row in rows)
    return lines(f"{NETWORKS[network].title}, by method", "W / A", ACCURACY, series, ["8 / 8", "4 / 4", "2 / 2"])


def sparsity(figures: Mapping[Row, BySeed]) -> str:
    """One line for each network and width of table 3."""
    points = []
    for row in SPARSE_ROWS:
        title = f"{NETWORKS[row.network].title}, {row.weight_bits} / {row.activation_bits}"
        points.append((title, point(sparsity_of(row), figures[row])))
    labels = list(dict.fromkeys(sparsity_of(row) for row in SPARSE_ROWS))
    return lines("Sparse training, then PTQ", "sparsity", ACCURACY, gathered(points), labels)


def sparsity_of(row: Row) -> str:
    """How a row is pruned, in words."""
    return "dense" if row.pruning is None else row.pruning.title
