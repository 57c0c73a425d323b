"""Tables as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import zip_longest


def aligned_row(cells: Iterable[str], widths: Sequence[int], right: Collection[int] = (), gap: int = 2) -> str:
    """One line of a table whose widths are known beforehand.

    Args:
        cells: one a column.
        widths: of the columns; a longer cell is not cut.
        right: columns that are aligned to the right.
        gap: spaces between columns.

    >>> aligned_row(["fc", "12"], [4, 5], right=[1])
    'fc       12'
    """
    padded = (
        cell.rjust(width) if column in right else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return (" " * gap).join(padded).rstrip()


def aligned(
    rows: Sequence[Sequence[str]], right: Collection[int] = (), least: Sequence[int] = (), gap: int = 2
) -> list[str]:
    """The lines of a table, each column as wide as its longest cell.

    Args:
        rows: of one length; the heading is a row like the others.
        right: columns that are aligned to the right.
        least: widths that the first columns have at least.
        gap: spaces between columns.

    >>> aligned([("layer", "MACs"), ("fc", "640")], right=[1])
    ['layer  MACs', 'fc      640']
    """
    longest = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths = [max(pair) for pair in zip_longest(longest, least[: len(longest)], fillvalue=0)]
    return [aligned_row(row, widths, right, gap) for row in rows]


def markdown_row(cells: Iterable[object]) -> str:
    r"""One line of a table in Markdown.

    >>> markdown_row(["a|b", 1])
    '| a\\|b | 1 |'
    """
    return f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def markdown_head(cells: Sequence[object]) -> list[str]:
    """The heading of such a table and the line below it.

    >>> markdown_head(["a", "b"])
    ['| a | b |', '|---|---|']
    """
    return [markdown_row(cells), "|" + "---|" * len(cells)]
