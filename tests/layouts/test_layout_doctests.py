"""Every doctest of the layouts, and the examples of their page."""

import doctest
import importlib
import pkgutil
import re

import pytest

from t2c import layouts
from t2c.layouts.element_map import ElementMap
from tests.conftest import ROOT

MODULES = sorted(module.name for module in pkgutil.walk_packages(layouts.__path__, "t2c.layouts."))
ROW = re.compile(r"^\| `([^`]*->[^`]*)` \| ([0-9, ]+) \| (\d+) words of (\d+) lanes?\b", re.MULTILINE)


@pytest.mark.parametrize("name", MODULES)
def test_doctests_of_layouts(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0


def test_every_layout_of_the_page_is_what_the_page_says() -> None:
    rows = ROW.findall((ROOT / "docs" / "layouts.md").read_text())
    assert len(rows) > 8
    for pattern, shape, words, lanes in rows:
        found = ElementMap.of(pattern, [int(n) for n in shape.split(",")])
        assert (found.words, found.lanes) == (int(words), int(lanes)), pattern
