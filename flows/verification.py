"""The last step of a flow: RTL and netlist, held to golden on every tensor of chosen images."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.api import simulate
from t2c.common.command import Parser
from t2c.common.options import add_options
from t2c.contract.hardware import Hardware
from t2c.cost.families import family
from t2c.cost.gates.core_run import run_core_netlist
from t2c.cost.keeper import Keeper
from t2c.cost.pipelines.netlist import write_pipeline_netlist
from t2c.golden.graph.package import Package, load_package
from t2c.mapping.compiler import ALL
from t2c.pipelines.description import NAME as DESCRIPTION
from t2c.pipelines.write import Pipeline
from t2c.tb import __main__ as sim
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator

NETLIST = "netlist"
"""What is verified besides the RTL."""


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Of a run. what: rtl or netlist; passed; compared: elements, of all scenarios; log: the file that has all."""

    what: str
    passed: bool
    compared: int
    log: Path


def verify_pipeline(folder: Path, images: int, simulator: str, out: Path, *, what: str = "rtl") -> Verification:
    """Run a pipeline through the door for accelerators: images in a row, stalls, resets in mid-run.

    Args:
        folder: with its description, or that of its netlist.
        images: of its package; simulator: where; out: of builds and the log; what: of the verdict.
    """
    parser = Parser(prog="verify")
    add_options(parser, "sim", sim.option_facts())
    words = [f"--dut={folder / DESCRIPTION}", f"--images={images}", f"--sim={simulator}", f"--out={out}"]
    log = out / f"{what}.txt"
    out.mkdir(parents=True, exist_ok=True)
    with log.open("w") as stream, contextlib.redirect_stdout(stream):
        status = sim.execute(parser.parse_args(words))
    (record,) = (json.loads(path.read_text()) for path in out.glob("accelerator-*/result.json"))
    compared = sum(tensor["compared"] for one in record["scenarios"] for tensor in one["tensors"])
    return Verification(what=what, passed=status == 0 and compared > 0, compared=compared, log=log)


def verify_pipeline_netlist(
    pipeline: Pipeline, package: Path, images: int, target: str, simulator: str, keeper: Keeper, out: Path
) -> Verification:
    """The same images through the netlist of a pipeline, against the same tensors."""
    netlist = write_pipeline_netlist(pipeline, package, family(target), keeper, out / NETLIST)
    return verify_pipeline(netlist.parent, images, simulator, out, what=NETLIST)


def verify_core(package: Path, hardware: Mapping[str, Any], images: int, simulator: str, out: Path) -> Verification:
    """Run a network on the core: every result and every sum of every layer."""
    found = simulate(package, hardware=Hardware(**hardware), simulator=simulator, images=images, out=out, explain=True)
    return _core_verdict("rtl", found.passed, found.figures, [found.table, found.diagnosis], out)


def verify_core_netlist(
    package: Path, hardware: Mapping[str, Any], images: int, target: str, simulator: str, keeper: Keeper, out: Path
) -> Verification:
    """The same images through the netlist of the core, with the network in its memories."""
    loaded: Package = load_package(package)
    found = run_core_netlist(
        loaded,
        str(package),
        RunRequest(layer=ALL, images=images),
        Hardware(**hardware),
        family(target),
        find_simulator(simulator),
        keeper,
        out,
    )
    return _core_verdict("netlist", found.verdict == "PASS", found.to_json(), [run_table(found)], out)


def _core_verdict(what: str, passed: bool, figures: Mapping[str, Any], texts: Iterable[str], out: Path) -> Verification:
    log = out / f"{what}.txt"
    out.mkdir(parents=True, exist_ok=True)
    log.write_text("\n\n".join(filter(None, texts)) + "\n")
    compared = int(figures["compared"]) + int(figures.get("sums_compared", 0))
    return Verification(what=what, passed=passed and compared > 0, compared=compared, log=log)
