"""The figures as tables of Markdown, one line for each row and MulQuant format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.results.networks import NETWORKS
from benchmarks.results.rows import Row
from benchmarks.results.seeds import BySeed, Figures, missing, percent, spread
from t2c.common.text_table import markdown_head, markdown_row
from t2c.methods import METHODS

FIRST = ("method", "model", "W / A", "MulQuant")
LAST = ("float, %", "fake, %", "integer, %", "drop, points", "golden = torch", "scale error")


def compared(counts: Sequence[tuple[int, int]]) -> str:
    """(integers, images) of each seed in words.

    >>> compared([(290_000_000, 1000), (29_000_000, 100), (29_000_000, 100)])
    '348 M of 1200 images'
    """
    return f"{sum(many for many, _ in counts) / 1e6:.0f} M of {sum(images for _, images in counts)} images"


def figures_of(found: Sequence[Figures], form: str) -> list[str]:
    """The cells LAST of one line."""
    last = [figures["formats"][form] for figures in found]
    error = max(each["scale_error"] for each in last)
    drops = [100 * (figures["float"] - each["integer"]) for figures, each in zip(found, last, strict=True)]
    return [
        percent([figures["float"] for figures in found]),
        percent([figures["fake"] for figures in found]),
        percent([each["integer"] for each in last]),
        spread(drops, "{:+.1f}"),
        compared([(each["integers"], each["images"]) for each in last]),
        f"{error * 1e6:.0f} ppm" if error < 1e-3 else f"{error:.1%}",
    ]


def line(row: Row, form: str, found: BySeed, extra: Sequence[str] = ()) -> str:
    """One line; where a seed is missing it says so, and has no figures."""
    method = METHODS[row.method]
    way = "PTQ" if row.tuning is None else row.tuning.trainer.upper()
    cells = [f"{way}: {method.title}", NETWORKS[row.network].title, f"{row.weight_bits} / {row.activation_bits}"]
    gap = missing(found)
    made = [figures for figures in found.values() if figures is not None]
    last = [gap, *[""] * (len(LAST) - 1)] if gap else figures_of(made, form)
    return markdown_row([*cells, form, *extra, *last])


def table(
    rows: Sequence[Row],
    figures: Mapping[Row, BySeed],
    *,
    formats: Callable[[Row], Sequence[str]] = lambda row: row.formats,
    column: tuple[str, Callable[[Row], str]] | None = None,
) -> str:
    """A table.

    Args:
        rows: in their order.
        figures: of each, by seed.
        formats: which MulQuant formats of a row to show.
        column: title and cells of one more column, behind the format.
    """
    titles = (*FIRST, *((column[0],) if column else ()), *LAST)
    lines = [
        line(row, form, figures[row], (column[1](row),) if column else ()) for row in rows for form in formats(row)
    ]
    return "\n".join([*markdown_head(titles), *lines]) + "\n"
