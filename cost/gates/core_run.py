"""A network on the netlist of the core, under the harness of the core."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from t2c.contract.hardware import Hardware
from t2c.cost.families import Family
from t2c.cost.gates.core import WATCHED, write_core
from t2c.cost.keeper import Keeper
from t2c.cost.netlist import write_netlist
from t2c.cost.subject import core_with_contents
from t2c.golden.graph.package import Package
from t2c.tb.catalogue.unit import CORE
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult
from t2c.tb.simulation.simulators import Simulator


def run_core_netlist(
    package: Package,
    model: str,
    request: RunRequest,
    hardware: Hardware,
    family: Family,
    simulator: Simulator,
    keeper: Keeper,
    out: Path,
) -> RunResult:
    """Synthesise the core with the program and the constants of a network in its memories, and run the netlist.

    Args:
        package: the network; model: its name in reports.
        request: the whole network, some images.
        hardware: of the core; family: of the synthesis.
        simulator: where it runs; keeper: of syntheses; out: folder of builds and results.
    """
    with locked_cosimulation(package, model, request, hardware, simulator, out) as job:
        netlist = write_netlist(core_with_contents(job.program), family, keeper, keep=WATCHED)
        rtl = write_core(netlist, keeper.folder / f"{CORE}-{family.name}")
        return replace(job, request=replace(request, rtl=rtl)).run()
