"""Every doctest of the import room."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from t2c import importing

MODULES = sorted(module.name for module in pkgutil.walk_packages(importing.__path__, "t2c.importing."))


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or not name.endswith(("rule", "fixed_point", "multiplier", "thresholds"))
