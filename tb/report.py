"""What a run prints: a short table for one layer, a list of a package's layers."""

from __future__ import annotations

from typing import Any

from golden.graph import Graph
from golden.package import Package
from mapping.hardware import Hardware
from mapping.layer import map_layer
from tb.layer_result import LayerResult


def _shape(values: list[int]) -> str:
    return "x".join(map(str, values))


def layer_table(result: LayerResult) -> str:
    """The table of one run: two columns, then the verdict, then why it failed."""
    f: dict[str, Any] = result.figures
    formats = f["formats"]
    rows = [
        ("model", f["model"]),
        ("layer", f"{f['layer']} ({f['operation']})"),
        (
            "shape",
            " ".join((_shape(f["input_shape"]), "*", _shape(f["weight_shape"]), "->", _shape(f["output_shape"]))),
        ),
        ("formats", f"x {formats['input']}, w {formats['weight']}, y {formats['output']}, {formats['rounding']}"),
        ("array", f"{f['array']} on {f['simulator']}"),
        ("run", f"{f['images']} images, seed {f['seed']}, stall {f['stall']}"),
        ("values compared", f"{f['compared']:,}"),
        ("mismatches", f"{f['mismatches']:,}"),
        ("cycles", f"{f['cycles']:,} (ideal {f['ideal_cycles']:,}) + {f['load_cycles']:,} to load"),
        ("MAC utilisation", f"{f['utilisation']:.1%}"),
        ("cycles per second", f"{f['cycles_per_second']:,.0f}"),
        ("verdict", result.verdict),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    if result.reasons:
        lines += [*(f"  {reason}" for reason in result.reasons), f"  replay with waveform: {f['replay']}"]
    if f["waves"]:
        lines.append(f"{'waveform':<{width}}  {f['waves']}")
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
        return f"no: {str(error).removeprefix(f'layer {name!r}: ')}"
    return f"yes: {program.macs:,} MACs an image"
