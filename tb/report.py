"""What a run prints: a short table for one layer, a list of a package's layers."""

from __future__ import annotations

from typing import Any

from golden.graph import Graph
from golden.package import Package
from mapping.hardware import Hardware
from mapping.layer import map_layer
from tb.layer_job import LayerResult


def _shape(values: list[int]) -> str:
    return "x".join(map(str, values))


def layer_table(result: LayerResult) -> str:
    """The table of one run: two columns, then the verdict, then why it failed."""
    figures: dict[str, Any] = result.figures
    formats = figures["formats"]
    rows = [
        ("model", figures["model"]),
        ("layer", f"{figures['layer']} ({figures['operation']})"),
        (
            "shape",
            f"{_shape(figures['input_shape'])} * {_shape(figures['weight_shape'])} -> {_shape(figures['output_shape'])}",
        ),
        ("formats", f"x {formats['input']}, w {formats['weight']}, y {formats['output']}, {formats['rounding']}"),
        ("array", f"{figures['array']} on {figures['simulator']}"),
        ("run", f"{figures['images']} images, seed {figures['seed']}, stall {figures['stall']}"),
        ("values compared", f"{figures['compared']:,}"),
        ("mismatches", f"{figures['mismatches']:,}"),
        ("cycles", f"{figures['cycles']:,} (ideal {figures['ideal_cycles']:,}) + {figures['load_cycles']:,} to load"),
        ("MAC utilisation", f"{figures['utilisation']:.1%}"),
        ("cycles per second", f"{figures['cycles_per_second']:,.0f}"),
        ("verdict", result.verdict),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    if result.reasons:
        lines += [*(f"  {reason}" for reason in result.reasons), f"  replay with waveform: {figures['replay']}"]
    if figures["waves"]:
        lines.append(f"{'waveform':<{width}}  {figures['waves']}")
    return "\n".join(lines)


def layer_list(package: Package, hardware: Hardware) -> str:
    """One line a layer: name, operation, shapes, and what the engine makes of it."""
    graph = package.graph
    rows = [("layer", "operation", "input", "output", "on the engine")]
    for node in graph.nodes:
        shapes = " ".join(_shape(list(edge.shape)) for edge in graph.inputs_of(node))
        output = _shape(list(graph.edges[node.output].shape))
        rows.append((node.name, node.op, shapes, output, _engine_note(graph, node.name, hardware)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _engine_note(graph: Graph, name: str, hardware: Hardware) -> str:
    try:
        program = map_layer(graph, name, hardware)
    except (NotImplementedError, ValueError) as error:
        return f"no: {str(error).partition(': ')[2]}"
    return f"yes: {program.macs:,} MACs an image"
