"""What a chip makes of a package, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from t2c.common.text_table import aligned
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.target.constants import scaling_constants
from t2c.golden.target.limits import ChipLimits
from t2c.target.refit import Refitted

_HEAD = ("layer", "operation", "output", "multiplier", "shift", "bias")


def uses(graph: Graph, chip: ChipLimits) -> list[tuple[str, ...]]:
    """A row a layer: what it needs of a chip, ranges of its constants in the chip's terms."""
    rows: list[tuple[str, ...]] = [_HEAD]
    for node in graph.nodes:
        edge, held = graph.edges[node.output], scaling_constants(node.stage)
        zero = f" zp {edge.zero_point}" if edge.zero_point else ""
        cells = ["-", "-", "-"]
        if held is not None:
            bias = held.before if chip.order.bias_first else held.bias
            cells = [_span(held.multiplier), _span(held.shift), "-" if bias is None else _span(bias)]
        rows.append((node.name, node.op, f"{edge.format}{zero}", *cells))
    return rows


def _span(values: Iterable[int] | np.ndarray) -> str:
    numbers = sorted(set(np.asarray(values).tolist()))
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,}..{numbers[-1]:,}"


def with_costs(rows: Sequence[tuple[str, ...]], made: Refitted) -> list[tuple[str, ...]]:
    """The same rows with what the layers cost."""
    found: list[tuple[str, ...]] = [(*rows[0], "scale error", "step error", "weights changed")]
    for row in rows[1:]:
        cost = made.costs[row[0]]
        scale = "-" if cost.scale_error is None else f"{cost.scale_error * 1e6:.1f} ppm"
        step = "-" if cost.step_error is None else f"{cost.step_error:.4f}"
        found.append((*row, scale, step, f"{cost.weights:,}" if cost.weights else "-"))
    return found


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """As text."""
    return "\n".join(aligned(rows, right=range(3, len(rows[0]))))


def sample_accuracy(package: Package) -> float | None:
    """The part of the package's samples whose largest output is that of their label; None where none is a class."""
    outputs = package.graph.run(package.samples)[package.graph.output].reshape(len(package.samples), -1)
    if outputs.shape[1] < 2 or not package.labels.any():
        return None
    return float((outputs.argmax(axis=1) == package.labels).mean())
