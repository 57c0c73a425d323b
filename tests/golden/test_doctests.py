"""Every doctest of the golden package."""

import doctest
import importlib
import pkgutil

import pytest

import golden

MODULES = sorted(module.name for module in pkgutil.walk_packages(golden.__path__, "golden."))
ARITHMETIC = {"golden.conv", "golden.gemm", "golden.linear", "golden.mulquant", "golden.pooling", "golden.rounding"}


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name not in ARITHMETIC
