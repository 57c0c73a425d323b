"""Every doctest of the golden package."""

import doctest
import importlib
import pkgutil

import pytest

from t2c import golden

MODULES = sorted(module.name for module in pkgutil.walk_packages(golden.__path__, "t2c.golden."))
ARITHMETIC = {
    "t2c.golden.arithmetic.conv",
    "t2c.golden.arithmetic.gemm",
    "t2c.golden.arithmetic.linear",
    "t2c.golden.arithmetic.mulquant",
    "t2c.golden.arithmetic.pooling",
    "t2c.golden.arithmetic.rounding",
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
    assert result.attempted > 0 or name not in ARITHMETIC
