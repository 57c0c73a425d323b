"""`t2c element`: make a package anew for the elements of an array."""

from __future__ import annotations

import argparse
from pathlib import Path

from t2c.commands import add_package

NAME = "element"
HELP = "make a package anew whose weights and products are those of an element of the array"


def configure(parser: argparse.ArgumentParser) -> None:
    """The package, the element, the new package."""
    add_package(parser)
    parser.add_argument("--element", required=True, help="its name, or the YAML file of your own, docs/elements.md")
    parser.add_argument("--w-w", type=int, default=8, help="weight width of the array, bits [8]")
    parser.add_argument("--images", type=int, default=32, help="samples from which biases are corrected [32]")
    parser.add_argument("--out", type=Path, required=True, metavar="PACKAGE", help="directory of the new package")


def execute(options: argparse.Namespace) -> int:
    """Make it, write it, print what became of each layer; return 0."""
    from dataclasses import replace

    from t2c.common.text_table import aligned
    from t2c.golden.elements.columns import find_element
    from t2c.golden.graph.find_package import open_package
    from t2c.golden.graph.package import Package, save_package
    from t2c.target.element_fit import fit_package

    element = find_element(options.element)
    path, package = open_package(options.package)
    made, fits = fit_package(package, element, options.w_w, options.images)

    def judged(each: Package) -> float:
        outputs = each.graph.run(each.samples[options.images :])[each.graph.output]
        classes = outputs.reshape(len(outputs), -1).argmax(axis=1)
        return float((classes == each.labels[options.images :]).mean())

    accuracy = judged(made)
    made = replace(
        made,
        graph=replace(made.graph, name=options.out.resolve().name),
        description=f"{package.description or package.graph.name}; for element {element.name}",
        metrics={"accuracy_integer": accuracy},
    )
    save_package(made, options.out)
    rows = [("layer", "weights changed", "error"), *((f.layer, f"{f.changed:.1%}", f"{f.error:.1%}") for f in fits)]
    print("\n".join(aligned(rows, (1, 2))))
    rest = len(package.samples) - options.images
    print(f"\naccuracy  {judged(package):.2%} before, {accuracy:.2%} now, of {rest} samples that corrected nothing")
    print(f"{path} on element {element.name!r}: {options.out}")
    return 0
