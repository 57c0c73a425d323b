"""The report of an import: a line a layer, as a table or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.common.text_table import aligned
from t2c.importing.network import ImportedNetwork, SourceLayer
from t2c.importing.proof import Grade
from t2c.importing.where import CORE, HOST, where_nodes_run

HEADINGS = ("source", "operation", "output", "bits", "scales", "MACs", "runs on", "SCALE_W", "exactness")
_RIGHT = (HEADINGS.index("MACs"), HEADINGS.index("SCALE_W"))


def report_json(network: ImportedNetwork) -> dict[str, Any]:
    """All of the report as plain values."""
    places, graph = where_nodes_run(network.graph), network.graph
    return {
        "source": network.source,
        "network": graph.name,
        "input": list(graph.edges[graph.input].shape),
        "widths": {"acc": graph.widths.acc, "scale": graph.widths.scale, "bias": graph.widths.bias},
        "layers": [_layer_json(layer, places) for layer in network.layers],
        "macs": sum(layer.macs for layer in network.layers),
        "differing": sum(layer.exactness.differing for layer in network.layers),
    }


def _layer_json(layer: SourceLayer, places: Mapping[str, str]) -> dict[str, Any]:
    found = layer.exactness
    return {
        "source": layer.place,
        "node": layer.node,
        "operation": layer.operation,
        "output": list(layer.shape),
        "bits": list(layer.formats),
        "scales": list(layer.scales),
        "macs": layer.macs,
        "runs_on": places.get(layer.node, CORE) if layer.node else HOST,
        "scale_bits": found.scale_bits,
        "grade": found.grade.name.lower(),
        "reachable": found.reachable,
        "differing": found.differing,
        "largest": found.largest,
        "exactness": str(found),
    }


def report_lines(document: Mapping[str, Any]) -> list[str]:
    """The same as text."""
    widths = ", ".join(f"{name} {bits}" for name, bits in document["widths"].items())
    facts = [
        ("source", document["source"]),
        ("network", document["network"]),
        ("widths", f"{widths} bits"),
        ("layers", _summary(document["layers"])),
    ]
    rows = [HEADINGS, *(_row(layer) for layer in document["layers"])]
    away = [
        f"{layer['source']}: {layer['runs_on']}" for layer in document["layers"] if layer["runs_on"].startswith("not")
    ]
    return [*aligned(facts), "", *aligned(rows, _RIGHT), *away]


def _row(layer: Mapping[str, Any]) -> tuple[str, ...]:
    where = layer["runs_on"]
    return (
        layer["source"],
        layer["operation"],
        "x".join(map(str, layer["output"])),
        " ".join(layer["bits"]),
        " ".join(f"{scale:.4g}" for scale in layer["scales"]),
        f"{layer['macs']:,}" if layer["macs"] else "-",
        where if where in (CORE, HOST) else "no core",
        str(layer["scale_bits"] or "-"),
        layer["exactness"],
    )


def _summary(layers: list[dict[str, Any]]) -> str:
    inexact = sum(layer["grade"] == Grade.DIFFERS.name.lower() for layer in layers)
    host = sum(layer["runs_on"] == HOST for layer in layers)
    return f"{len(layers)}, of which {len(layers) - inexact} are exact and {host} the host's"
