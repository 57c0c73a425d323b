"""`t2c inspect`: what a package holds and what every layer of it costs, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from t2c.commands import add_package
from t2c.common.text_table import aligned
from t2c.golden.graph.find_package import open_package

if TYPE_CHECKING:
    from t2c.commands.figures import LayerFigures, PackageFigures

NAME = "inspect"
HELP = "show what a package holds: shapes, bits, MACs, parameters, accumulators, sizes, layer by layer"

HEADINGS = (
    *("layer", "operation", "input", "output", "in", "out", "w", "MACs", "weights", "constants"),
    *("acc bits", "scale error", "step error", "weight B", "const B", "act B", "zeros", "N:M"),
)
LEFT = ("layer", "operation", "input", "output", "in", "out")


def configure(parser: argparse.ArgumentParser) -> None:
    """The package and the form of the output."""
    add_package(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def execute(options: argparse.Namespace) -> int:
    """Print the figures of one package, which loading has validated whole; return 0."""
    from t2c.commands.figures import package_figures

    figures = package_figures(*open_package(options.package))
    print(json.dumps(figures.to_json(), indent=1) if options.json else as_text(figures))
    return 0


def as_text(figures: PackageFigures) -> str:
    """Header, then a line per layer, then totals."""
    widths = ", ".join(f"{name} {bits}" for name, bits in figures.widths.items())
    facts = [("package", f"{figures.name} ({figures.path})")]
    if figures.description:
        facts.append(("holds", figures.description))
    facts += [
        ("sha256", f"{figures.sha256} (tensors)"),
        ("widths", f"{widths} bits"),
        ("input", f"{_shape(figures.input_shape)} {figures.input_format}, {figures.input_bytes:,} bytes an image"),
        ("samples", f"{figures.samples:,}"),
        *((name, _metric(name, value)) for name, value in figures.metrics.items()),
    ]
    rows = [HEADINGS, *(_row(layer) for layer in figures.layers), _total(figures)]
    right = [column for column, heading in enumerate(HEADINGS) if heading not in LEFT]
    return "\n".join([*aligned(facts), "", *aligned(rows, right)])


def _row(layer: LayerFigures) -> tuple[str, ...]:
    accumulates = layer.accumulator_bits is not None
    return (
        layer.name,
        layer.operation,
        " ".join(map(_shape, layer.inputs)),
        _shape(layer.output),
        " ".join(layer.input_formats),
        layer.output_format,
        "-" if layer.weight_bits is None else str(layer.weight_bits),
        _count(layer.macs),
        _count(layer.weights),
        _count(layer.constants),
        f"{layer.accumulator_bits} of {layer.declared_bits}" if accumulates else "-",
        "-" if layer.scale_error is None else _ppm(layer.scale_error),
        "-" if layer.step_error is None else f"{layer.step_error:.4f}",
        _count(layer.weight_bytes),
        _count(layer.constant_bytes),
        _count(layer.activation_bytes),
        _share(layer.zeros, layer.weights),
        layer.pattern or "-",
    )


def _total(figures: PackageFigures) -> tuple[str, ...]:
    sums = figures.totals
    needed = max((layer.accumulator_bits or 0 for layer in figures.layers), default=0)
    cells = {
        "layer": "total",
        "operation": f"{sums['parameters']:,} parameters",
        "MACs": f"{sums['macs']:,}",
        "weights": f"{sums['weights']:,}",
        "constants": f"{sums['constants']:,}",
        "acc bits": f"{needed} of {figures.widths['acc']}" if needed else "-",
        "weight B": f"{sums['weight_bytes']:,}",
        "const B": f"{sums['constant_bytes']:,}",
        "act B": f"{sums['activation_bytes']:,}",
        "zeros": _share(sums["zeros"], sums["weights"]),
    }
    return tuple(cells.get(heading, "") for heading in HEADINGS)


def _shape(values: Sequence[int]) -> str:
    return "x".join(map(str, values))


def _count(number: int) -> str:
    return f"{number:,}" if number else "-"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _ppm(fraction: float) -> str:
    return f"{fraction * 1e6:.1f} ppm"


def _metric(name: str, value: float) -> str:
    if name.startswith("accuracy"):
        return f"{value:.2%}"
    return _ppm(value) if name.endswith("scale_error") else f"{value:g}"
