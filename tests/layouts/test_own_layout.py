"""Layouts that a user's own function gives: every element once, or one line that names the function's line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c.layouts.element_map import ElementMap
from t2c.layouts.own_layout import is_own_layout, own_layout
from t2c.layouts.pattern import LayoutError

RIGHT = """\
import numpy as np


def words(shape):
    rows, columns = shape
    grid = np.arange(rows * columns).reshape(shape)
    return np.pad(grid, ((0, 0), (0, -columns % 4)), constant_values=-1)


def zigzag(shape):
    rows, columns = shape
    order = []
    for total in range(rows + columns - 1):
        order += [r * columns + total - r for r in range(rows) if 0 <= total - r < columns]
    return order
"""


def test_it_is_what_a_pattern_would_be(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RIGHT)
    found = own_layout("mine.py:words", tmp_path, (3, 5))
    assert (found == ElementMap.of("r c -> r c(4)", (3, 5)).slots.reshape(-1)).all()
    assert found.dtype == np.int64
    assert own_layout("mine.py:zigzag", tmp_path, (2, 3)).tolist() == [0, 1, 3, 2, 4, 5]
    (tmp_path / "windows.py").write_text("def pairs(shape):\n    return [[0, 1], [1, 2]]\n")
    assert own_layout("windows.py:pairs", tmp_path, (3,)).tolist() == [0, 1, 1, 2]
    assert is_own_layout("mine.py:words")
    assert not is_own_layout("(c n=4) h -> h c(8)")


WRONG = {
    "lies nowhere": (
        "return range(5)",
        r"line 4: element 5, \(1, 2\), lies nowhere: the layout does not cover the tens",
    ),
    "lies nowhere, another twice": ("return [0, 1, 2, 3, 4, 2]", r"line 4: element 5, \(1, 2\), lies nowhere"),
    "no element": ("return [0, 1, 2, 3, 4, 6]", r"line 4: 6 at place 5 is no element; there are 0\.\.5, and -1"),
    "below padding": ("return [0, 1, 2, 3, 4, 5, -2]", "line 4: -2 at place 6 is no element"),
    "floats": ("return [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]", r"line 4: it gives \[0.0, .*, not the numbers of elements"),
    "nothing": ("pass", "line 4: it gives None, not the numbers of elements"),
    "empty": ("return []", r"line 4: it gives \[\], not the numbers"),
    "unlike rows": ("return [[0, 1], [2, 3, 4, 5]]", r"line 4: it gives \[\[0, 1\].*rows of unlike lengths"),
    "booleans": ("return [True] * 6", "not the numbers of elements"),
    "it raises": ("x = 1\n    return x[shape]", "line 6: TypeError: 'int' object is not subscriptable"),
    "it exits": ("exit(3)", "line 5: SystemExit: 3"),
    "numbers beyond": ("return [0, 1, 2, 3, 4, 1 << 70]", "line 4: it gives .*, not the numbers"),
    "unsigned and large": (
        "import numpy\n    return numpy.array([2**64 - 1, 1, 2, 3, 4, 5], 'u8')",
        "line 4: 1844674407",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_layout_is_one_line(case: str, tmp_path: Path) -> None:
    body, text = WRONG[case]
    (tmp_path / "mine.py").write_text(f"# mine\n\n\ndef words(shape):\n    {body}\n")
    with pytest.raises(LayoutError, match=rf"^layout mine\.py:words: .*{text}") as refused:
        own_layout("mine.py:words", tmp_path, (2, 3))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("where", "source", "text"),
    [
        ("mine.py:words", "", "layout mine.py:words: the file has no function 'words'"),
        ("yours.py:words", "", "layout yours.py:words: No such file or directory"),
        ("mine.py:words", "def words(shape, more):\n    return 1\n", r"mine.py:words: it does not take \(shape\)"),
        ("mine.py:words", "import nothing_at_all\n", "mine.py:words: line 1: ModuleNotFoundError: No module named"),
        ("mine.py:words", "def words(:\n", "mine.py:words: SyntaxError: invalid syntax"),
        ("mine.py:", "", "'.*mine.py:' is not FILE.py:FUNCTION"),
    ],
)
def test_what_is_no_function_is_one_line(where: str, source: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(source)
    with pytest.raises(LayoutError, match=text) as refused:
        own_layout(where, tmp_path, (2, 3))
    assert "\n" not in str(refused.value)
