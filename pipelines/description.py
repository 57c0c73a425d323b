"""The description of a pipeline, as anyone describes an accelerator of theirs (docs/your_accelerator.md)."""

from __future__ import annotations

from typing import Any

import yaml

from t2c.pipelines.chain import ChainEdge
from t2c.pipelines.plan import PipelinePlan
from t2c.pipelines.top_module import probes

NAME = "dut.yaml"
BATCH = 2
"""Images that follow each other without a pause in each run."""


def description_text(plan: PipelinePlan, sources: str, package: str, top: str = "") -> str:
    """The text of dut.yaml: the streams, and a probe for each tensor inside.

    Args:
        sources, package: as the description names them.
        top: another module than that of the plan, with the same ports and wires.
    """
    ports: dict[str, Any] = {
        "in": {"kind": "stream", "valid": "in_valid", "ready": "in_ready", "data": "in_data"},
        "out": {"kind": "stream", "valid": "out_valid", "ready": "out_ready", "data": "out_data"},
    }
    results: list[dict[str, Any]] = []
    for number, probe in enumerate(probes(plan)):
        name = f"p{number}"
        ports[name] = {"kind": "probe", "valid": probe.valid, "data": probe.data}
        if probe.ready:
            ports[name]["ready"] = probe.ready
        entry = {"port": name, "tensor": probe.tensor, "layout": _layout(len(probe.shape))}
        results.append(entry | {"bits": probe.bits, "signed": probe.signed})
    first, last = plan.chain.input, plan.chain.output
    said = {
        "unit": "accelerator",
        "sources": sources,
        "top": top or plan.top,
        "clock": "clk",
        "reset": {"port": "rst", "active": "high"},
        "package": package,
        "batch": BATCH,
        "ports": ports,
        "in": [_entry("in", first)],
        "out": [*results, _entry("out", last)],
    }
    return f"# {plan.chain.name} as a pipeline\n{yaml.safe_dump(said, sort_keys=False, default_flow_style=None)}"


def _entry(port: str, edge: ChainEdge) -> dict[str, Any]:
    return {"port": port, "tensor": edge.name, "layout": _layout(len(edge.shape))}


def _layout(rank: int) -> str:
    """All channels of a pixel side by side, pixel by pixel."""
    return "n c y x -> n y x c" if rank == 3 else "n c -> n c"
