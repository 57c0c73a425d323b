"""`t2c sim`: run a package, or one layer of it, on the RTL; what `make sim` does."""

from __future__ import annotations

import argparse

from t2c.commands import add_package

NAME = "sim"
HELP = "run a package, or one layer of it, on the RTL and compare every value with golden"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m t2c.tb`, with the package as an argument."""
    from t2c.tb.__main__ import configure as add_options

    add_package(parser)
    add_options(parser)


def execute(options: argparse.Namespace) -> int:
    """Return 0 on a proven match, 1 otherwise."""
    from t2c.tb.__main__ import execute as simulate

    options.model = options.package
    return simulate(options)
