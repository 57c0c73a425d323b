"""Tables as text and Markdown; the examples in the docstrings too."""

from __future__ import annotations

import doctest

import pytest

from t2c.common import text_table
from t2c.common.text_table import aligned, aligned_row, markdown_head, markdown_row


def test_doctests() -> None:
    result = doctest.testmod(text_table)
    assert result.failed == 0
    assert result.attempted > 3


def test_columns_are_as_wide_as_their_longest_cell() -> None:
    rows = [("a", "number", "last"), ("long name", "1", ""), ("", "12,345,678", "x")]
    assert aligned(rows, right=[1]) == [
        "a              number  last",
        "long name           1",
        "           12,345,678  x",
    ]
    assert aligned([("a", "b"), ("c", "d")], right=[1], least=[3, 4, 5], gap=1) == ["a      b", "c      d"]
    assert aligned([]) == []


def test_a_row_of_known_widths_is_not_cut() -> None:
    assert aligned_row(("abc", "d"), (2, 3), right=[1], gap=1) == "abc   d"


@pytest.mark.parametrize("rows", [[("a", "b"), ("c",)], [("a",), ("b", "c")]])
def test_rows_of_unequal_length_are_refused(rows: list[tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="zip"):
        aligned(rows)


def test_markdown() -> None:
    assert "\n".join([*markdown_head(["x", "y|z"]), markdown_row([1, "`a||b`"])]) == (
        "| x | y\\|z |\n|---|---|\n| 1 | `a\\|\\|b` |"
    )
