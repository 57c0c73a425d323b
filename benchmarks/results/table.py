"""The figures as a page of documentation."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from benchmarks.results.measure import Figures
from benchmarks.results.rows import NETWORKS, Row
from benchmarks.results.transformers import section
from t2c.common.text_table import markdown_head, markdown_row
from t2c.methods import METHODS

HEAD = """# Results

Made by `make results`; do not edit. Float networks trained on 8000 drawn glyphs (`t2c/data/glyphs.py`, 32 x 32 in
colour, ten classes), quantised from there, measured on the 1000 test images that nothing else looks at: one image is
0.1 %.
Nothing here was measured on CIFAR-10 or ImageNet, and a task this small says little about them.

* W / A: bits of weights and activations. Below 8 bits, input, first and last layer's weights and logits keep 8.
* fake: the fake-quantised network that was trained; integer: the converted one; drop: float less integer.
* golden = torch: integers that were compared, every tensor of every test image; one difference would have stopped all.
* scale error: of the integer MulQuant constants, the worst channel; fixed(4,12) has no room for scales far below 1.

At 2 bits MobileNet does not work here: 28 weighted layers in a row, half of them depthwise with nine ternary weights a
channel, hardly train in the few epochs that the table allows. None of the papers claims it.
"""

TITLES = (
    *("method", "W / A", "training", "MulQuant", "fake", "integer", "drop, points", "golden = torch"),
    "scale error",
)


def _percent(fraction: float) -> str:
    return f"{fraction:.1%}"


def _line(row: Row, figures: Figures, base: float) -> str:
    method = METHODS[row.method]
    error = figures["scale_error"]
    cells = [
        method.title,
        f"{row.weight_bits} / {row.activation_bits}",
        method.training,
        row.format,
        _percent(figures["fake"]),
        _percent(figures["integer"]),
        f"{(base - figures['integer']) * 100:+.1f}",
        f"{figures['integers'] / 1e6:.0f} M, all equal",
        f"{error * 1e6:.0f} ppm" if error < 1e-3 else f"{error:.1%}",
    ]
    return markdown_row(cells)


def page(
    floats: Mapping[str, Figures],
    figures: Mapping[Row, Figures],
    transformers: Figures,
    minutes: float,
    workers: int,
) -> str:
    """Return docs/results.md for the float figures by network, those of each row in their order, and the ViTs'."""
    parts = [HEAD]
    for name, network in NETWORKS.items():
        base = floats[name]["accuracy"]
        parts.append(f"## {network.title}\n\nFloat: {_percent(base)}.\n")
        parts.append("\n".join(markdown_head(TITLES)))
        parts.append("\n".join(_line(row, found, base) for row, found in figures.items() if row.network == name) + "\n")
    parts.append(section(transformers))
    parts.append(
        f"torch {torch.__version__.partition('+')[0]}, one seed, one thread a row, {workers} rows at a time, "
        f"{minutes:.0f} minutes in all.\nAnother processor or version rounds floats differently; differences of a few "
        "tenths of a point mean nothing.\n"
    )
    return "\n".join(parts)
