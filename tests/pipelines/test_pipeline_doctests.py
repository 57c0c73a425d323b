"""Every doctest of the pipelines."""

import doctest
import importlib
import pkgutil

from t2c import pipelines

MODULES = sorted(module.name for module in pkgutil.walk_packages(pipelines.__path__, "t2c.pipelines."))


def test_doctests_of_pipelines() -> None:
    results = {name: doctest.testmod(importlib.import_module(name)) for name in MODULES}
    assert {name: result.failed for name, result in results.items() if result.failed} == {}
    assert sum(result.attempted for result in results.values()) > 5
