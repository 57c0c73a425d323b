"""What a run prints: a table of layers, totals, the verdict; and the list of a package's layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from t2c.common.text_table import aligned
from t2c.contract.hardware import Hardware
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import compile_program
from t2c.tb.cosim.request import RTL_BACKEND
from t2c.tb.cosim.verdict import RunResult


def _shape(values: Sequence[int]) -> str:
    return "x".join(map(str, values))


def run_table(result: RunResult) -> str:
    """A line per layer, then totals, then the verdict, then why it failed."""
    f: dict[str, Any] = result.figures
    names = ("compared", "mismatches", "accumulators", "wrong", "cycles", "expected", "ideal", "utilisation")
    rows = [("layer", "operation", "output", *names)]
    for layer in f["layers"]:
        if layer["cycles"] or layer["compared"]:
            rows.append(
                (
                    layer["layer"],
                    layer["operation"],
                    _shape(layer["shape"]),
                    f"{layer['compared']:,}" if layer["operation"] else "",
                    f"{layer['mismatches']:,}" if layer["operation"] else "",
                    f"{layer['accumulators']:,}" if layer["accumulators"] else "",
                    f"{layer['wrong_accumulators']:,}" if layer["accumulators"] else "",
                    f"{layer['cycles']:,}",
                    f"{layer['expected_cycles']:,}",
                    f"{layer['ideal_cycles']:,}" if layer["operation"] else "",
                    f"{layer['utilisation']:.1%}" if layer["macs"] else "",
                )
            )
    rows.append(
        (
            "total",
            "",
            "",
            f"{f['compared']:,}",
            f"{f['mismatches']:,}",
            f"{f['accumulators']:,}" if f["accumulators"] else "",
            f"{f['wrong_accumulators']:,}" if f["accumulators"] else "",
            f"{f['cycles']:,}",
            f"{f['expected_cycles']:,}",
            f"{f['ideal_cycles']:,}",
            f"{f['utilisation']:.1%}",
        )
    )
    facts = [
        ("model", f["model"]),
        ("array", f"{f['array']} on {f['simulator']}"),
        ("run", f"{f['images']} images, {f['batch']} at a time, seed {f['seed']}, stall {f['stall']}"),
        ("speed", f"{f['simulated_cycles']:,} cycles at {f['cycles_per_second']:,.0f} a second"),
    ]
    if f["spilled"]:
        facts.append(("at the host", f"{', '.join(f['spilled'])}: more than ACT_DEPTH holds"))
    if f["left_to_the_host"]:
        facts.append(("host", f"{', '.join(f['left_to_the_host'])}: results of more than X_W bits, not on the core"))
    if f["accuracy"] is not None:
        whose = "RTL's" if f["backend"] == RTL_BACKEND else "model's"
        facts.append(("accuracy", f"{f['accuracy']:.2%} of the {whose} own predictions"))
    if f["timing"] and not any(line in result.reasons for line in f["timing"]):
        facts.append(("cycles", f["timing"][0]))
    facts.append(("verdict", result.verdict))
    lines = [*aligned(rows, right=range(3, 11)), "", *aligned(facts)]
    if result.reasons:
        lines += [f"  {reason}" for reason in result.reasons]
    if f["waves"]:
        lines.append(f"waveform  {f['waves']}")
    return "\n".join(lines)


def layer_list(package: Package, hardware: Hardware) -> str:
    """One line a layer: name, operation, shapes, and what the core makes of it."""
    graph = package.graph
    rows = [("layer", "operation", "input", "output", "on the core")]
    for node in graph.nodes:
        shapes = " ".join(_shape(edge.shape) for edge in graph.inputs_of(node))
        rows.append(
            (node.name, node.op, shapes, _shape(graph.edges[node.output].shape), _note(graph, node.name, hardware))
        )
    return "\n".join(aligned(rows))


def _note(graph: Graph, name: str, hardware: Hardware) -> str:
    try:
        program = compile_program(graph, name, hardware)
    except (NotImplementedError, ValueError) as error:
        return f"no: {str(error).removeprefix(f'layer {name!r}: ')}"
    return f"yes: {program.macs:,} MACs an image" if program.macs else "yes"
