"""`t2c cost`: what the core for a package costs in silicon; what `make cost` does."""

from __future__ import annotations

import argparse

from t2c.commands import add_package

NAME = "cost"
HELP = "synthesise the core for a package, or a unit: what each module costs, how fast it is"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `python -m t2c.cost`, with the package as an argument."""
    from t2c.cost.__main__ import configure as add_options

    add_package(parser)
    add_options(parser, without=("model",))


def execute(options: argparse.Namespace) -> int:
    """Return 0 once the cost was printed."""
    from t2c.cost.__main__ import execute as cost

    options.model = options.package
    return cost(options)
