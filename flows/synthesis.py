"""Synthesis of the hardware of a flow, as trials: Yosys, and for the clock nextpnr."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from statistics import median
from typing import Any

from t2c.contract.hardware import Hardware
from t2c.cost.design import SynthesisDesign
from t2c.cost.families import family
from t2c.cost.keeper import Keeper, yosys_version
from t2c.cost.pipelines.netlist import pipeline_design
from t2c.cost.place_and_route import find_device, place_and_route
from t2c.cost.subject import core_design
from t2c.cost.synthesis import Cost, synthesise
from t2c.flows.pipeline_of import PIPELINE, pipeline_options, write
from t2c.flows.store import FlowStore
from t2c.flows.trials import Place

KEPT = "synthesis"
"""Folder beside the stores for runs of tools, which all flows find."""


def synthesised(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial: counts of a pipeline or a core in a family, and of which tool."""
    cost = cost_of(design_of(payload, place), payload["family"], place)
    return {"counts": counted(cost), "tool": yosys_version()}


def routed(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial: the clock in MHz that place and route reaches, median of the seeds."""
    device = find_device(payload["device"], payload["family"], payload["speed"])
    cost = cost_of(design_of(payload, place), payload["family"], place)
    found = place_and_route(cost, device, payload["speed"], range(1, payload["seeds"] + 1), keeper(place.store))
    return {"mhz": median(found.mhz.values()), "used": {name: list(two) for name, two in found.used.items()}}


def design_of(payload: Mapping[str, Any], place: Place) -> SynthesisDesign:
    """What is synthesised: the pipeline, or the core with the hardware that was chosen."""
    if payload["of"] == "pipeline":
        options = pipeline_options(payload["design"])
        return pipeline_design(write(place.path(payload["package"]), options, place.folder / PIPELINE))
    return core_design(Hardware(**payload["design"]["hardware"]), place.folder)


def cost_of(design: SynthesisDesign, target: str, place: Place) -> Cost:
    """The synthesis, kept beside the trials."""
    return synthesise(design, family(target), keeper(place.store), by_module=False)


def counted(cost: Cost) -> dict[str, int]:
    """Counts by names that all families share: a block memory is a bram, two halves of one are one."""
    counts = dict(cost.counts)
    if "bram18" in counts:
        counts["bram"] = -(-counts.pop("bram18") // 2)
    return counts


def keeper(store: FlowStore) -> Keeper:
    """Of runs of tools."""
    folder = store.folder.parent / KEPT
    return Keeper(folder=folder, progress=lambda line: print(line, file=sys.stderr, flush=True))
