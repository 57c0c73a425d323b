"""`t2c retarget`: make a package anew with constants and tensors that a chip can hold."""

from __future__ import annotations

import argparse
from pathlib import Path

from t2c.commands import add_package, add_target

NAME = "retarget"
HELP = "make a package anew with constants that a chip can hold, and say what that costs"


def configure(parser: argparse.ArgumentParser) -> None:
    """The package, the chip, the new package."""
    add_package(parser)
    add_target(parser, "what the chip can do, docs/your_arithmetic.md", required=True)
    parser.add_argument(
        "--keep", action="store_true", help="weights and constants stay; results become those of the chip's own order"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE", help="directory of the new package")


def execute(options: argparse.Namespace) -> int:
    """Make it, check it, write it, print what it costs; return 0."""
    from t2c.golden.graph.find_package import open_package
    from t2c.golden.graph.package import save_package
    from t2c.golden.target.description import load_chip
    from t2c.golden.target.own_node import package_with_functions
    from t2c.target.refit import refit_package
    from t2c.target.report import sample_accuracy, table, uses, with_costs

    chip = load_chip(options.target)
    path, package = open_package(options.package)
    made, costs = refit_package(package, chip, options.out.resolve().name, keep=options.keep)
    save_package(made, options.out)
    print(table(with_costs(uses(made.graph, chip), costs)))
    before, after = sample_accuracy(package), sample_accuracy(package_with_functions(made, chip.references))
    if before is not None and after is not None:
        print(f"\naccuracy  {before:.2%} before, {after:.2%} now, of {len(package.samples)} samples")
    print(f"{path} as {options.target} can run it: {options.out}")
    return 0
