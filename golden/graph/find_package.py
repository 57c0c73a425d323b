"""Find a package by its directory, or by the name of an example that ships."""

from __future__ import annotations

import os
from pathlib import Path

from t2c.common.places import EXAMPLES
from t2c.golden.errors import NoPackageError
from t2c.golden.graph.package import GRAPH_FILE, Package, load_package


def find_package(model: str, examples: Path = EXAMPLES) -> Path:
    """Return the directory of a model given as a path or as the name of an example.

    Raises:
        NoPackageError: neither; the message lists the examples.
    """
    if (Path(model) / GRAPH_FILE).is_file():
        return Path(os.path.relpath(model))
    example = examples / model
    if (example / GRAPH_FILE).is_file():
        return Path(os.path.relpath(example)) if example.is_relative_to(Path.cwd()) else example
    names = ", ".join(sorted(p.parent.name for p in examples.glob(f"*/{GRAPH_FILE}"))) or "none"
    raise NoPackageError(
        "{model} = {given!r} is not a package directory; the examples are {names}", {"given": model, "names": names}
    )


def open_package(model: str, examples: Path = EXAMPLES) -> tuple[Path, Package]:
    """Find and load a package; errors as `find_package` and `load_package`."""
    path = find_package(model, examples)
    return path, load_package(path)
