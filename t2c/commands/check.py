"""`t2c check`: hold a package against what a chip can do, layer by layer."""

from __future__ import annotations

import argparse

from t2c.commands import add_package, add_target

NAME = "check"
HELP = "hold a package against the limits of a chip; every constant and tensor that does not fit is named"


def configure(parser: argparse.ArgumentParser) -> None:
    """The package and the chip."""
    add_package(parser)
    add_target(parser, "what the chip can do, docs/your_arithmetic.md", required=True)


def execute(options: argparse.Namespace) -> int:
    """Print what every layer uses and what does not fit; return 0 if all does, else 1."""
    from t2c.golden.graph.find_package import open_package
    from t2c.golden.target.check import misfits
    from t2c.golden.target.description import load_chip
    from t2c.target.report import table, uses

    chip = load_chip(options.target)
    path, package = open_package(options.package)
    found = misfits(package.graph, chip)
    print(table(uses(package.graph, chip)))
    print(f"\n{path} {'does not fit' if found else 'fits'} {options.target}")
    for misfit in found:
        print(f"  {misfit}")
    return 1 if found else 0
