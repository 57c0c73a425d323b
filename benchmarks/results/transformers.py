"""The small ViT of `t2c.example_models.vit`: both LayerNorms and the price of running statistics."""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from typing import Any

from t2c.common.text_table import markdown_head, markdown_row
from t2c.example_models.vit import VARIANTS, build
from t2c.golden.graph.package import load_package

TITLE = "ViT-2, on digits"
TITLES = ("package", "LayerNorm, method", "W / A", "float", "fake", "integer", "drop, points", "golden = torch")


def measure_transformers() -> dict[str, Any]:
    """Train the small ViT, make every package of it and return their figures by name."""
    start = time.process_time()
    with tempfile.TemporaryDirectory() as place:
        found = dict(build(Path(place), [variant.name for variant in VARIANTS]))
        figures = {}
        for variant in VARIANTS:
            package, metrics = load_package(Path(place) / variant.name), found[variant.name]
            values = sum(math.prod(edge.shape) for edge in package.graph.edges.values())
            figures[variant.name] = {
                **{kind: metrics[f"accuracy_{kind}"] for kind in ("float", "fake_quantised", "integer")},
                "integers": values * len(package.samples),
            }
    return {"variants": figures, "seconds": time.process_time() - start}


def section(figures: dict[str, Any] | None) -> str:
    """Return the section of the page."""
    lines = [
        f"## {TITLE}",
        "",
        "17 tokens of 32, two blocks of two heads (`t2c/models/vit.py`), trained on 1237 of the scikit-learn digits,",
        "measured on the 360 test images, one of which is 0.28 %. Running statistics are a choice of training: compare",
        "the line that switched them on afterwards with the one that was fine-tuned. One seed.",
        "",
        *markdown_head(TITLES),
    ]
    for variant in VARIANTS:
        first = [f"`{variant.name}`", variant.title, f"{variant.weight_bits} / 8"]
        if figures is None:
            lines.append(markdown_row([*first, "not made yet", *[""] * 4]))
            continue
        found = figures["variants"][variant.name]
        cells = [
            *first,
            *(f"{found[kind]:.1%}" for kind in ("float", "fake_quantised", "integer")),
            f"{(found['float'] - found['integer']) * 100:+.1f}",
            f"{found['integers'] / 1e6:.1f} M, equal",
        ]
        lines.append(markdown_row(cells))
    return "\n".join(lines) + "\n"
