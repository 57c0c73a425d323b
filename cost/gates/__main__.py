"""`make gates`: synthesise a unit, or the core for a network, and run the netlist under the bench of its source."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options, options_of
from t2c.contract.hardware import Hardware
from t2c.cost.__main__ import parse_parameters
from t2c.cost.families import FAMILIES, family
from t2c.cost.gates.core_run import run_core_netlist
from t2c.cost.gates.description import write_description
from t2c.cost.keeper import Keeper
from t2c.cost.netlist import write_netlist
from t2c.cost.subject import core_program, unit_design
from t2c.golden.graph.find_package import open_package
from t2c.mapping.compiler import ALL
from t2c.tb import __main__ as sim
from t2c.tb.catalogue.unit import CORE, Unit
from t2c.tb.catalogue.unit_registry import find_unit, runnable_names
from t2c.tb.components.stalls import parse_stalls
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.request import RunRequest
from t2c.tb.dut.ports import Elaboration
from t2c.tb.simulation.filelist import NAME as FILELIST
from t2c.tb.simulation.filelist import read_filelist
from t2c.tb.simulation.simulators import find_simulator

DESCRIPTION = "Run the netlist of a unit, or of the core for a network, under the bench of its source."
TABLE = "table.hex"


def option_facts() -> dict[str, Any]:
    """What this room knows of its options."""
    facts = sim.option_facts()
    return {**facts, "units_with_netlists": ", ".join(runnable_names()), "families": ", ".join(FAMILIES)}


def execute(options: argparse.Namespace) -> int:
    """Make the netlist and run it; return 0 on a proven match, 1 otherwise."""
    unit = find_unit(options.unit or CORE)
    out = options.out.resolve()
    keeper = Keeper(folder=out / "gates", progress=lambda line: print(line, file=sys.stderr, flush=True))
    parameters = parse_parameters(options.parameters)
    if parameters and not unit.bench:
        text = "{parameters} = {text!r}: {name} runs inside the core, whose parameters are options"
        raise SettingError(text, {"text": options.parameters, "name": unit.name})
    if unit.name == CORE:
        return _run_core(options, keeper)
    words = _of_the_core(unit, options, keeper) if unit.inside_core and not unit.bench else None
    return sim.execute(_sim_options(options, words or _alone(unit, options, keeper)))


def _alone(unit: Unit, options: argparse.Namespace, keeper: Keeper) -> list[str]:
    """A unit with a bench of its own: the words of `make sim` that run its netlist."""
    design = unit_design(unit.name, parse_parameters(options.parameters))
    folder = keeper.folder / f"{unit.name}-{options.family}"
    dut = write_description(
        unit.description, write_netlist(design, family(options.family), keeper), design.parameters, folder
    )
    words = [f"--dut={dut}"]
    for text in design.files.values():
        (folder / TABLE).write_text(text)
        words.append(f"--table={folder / TABLE}")
    return words


def _of_the_core(unit: Unit, options: argparse.Namespace, keeper: Keeper) -> list[str]:
    """A unit that runs inside the core: built as a core of this size builds it."""
    widths = open_package(options.model)[1].graph.widths
    hardware = Hardware(
        rows=options.rows,
        cols=options.cols,
        acc_w=Hardware.usual_acc_w(widths.scale),
        scale_w=widths.scale,
        bias_w=widths.bias,
    )
    files = read_filelist(unit.rtl / FILELIST).sources
    place = Elaboration(files, CORE, hardware.parameters(), includes=[unit.rtl]).instance(unit.inside_core)
    design = unit_design(unit.name, {name: value for name, value in place.parameters.items() if value is not None})
    folder = keeper.folder / f"{unit.name}-{options.family}"
    dut = write_description(unit.description, write_netlist(design, family(options.family), keeper), {}, folder)
    return [f"--dut={dut}", "--layer=all"]


def _sim_options(options: argparse.Namespace, words: list[str]) -> argparse.Namespace:
    """What `make sim` would be told: the words, and the options that it shares with this command."""
    parser = Parser(prog="gates")
    add_options(parser, "sim", sim.option_facts())
    given = {word.partition("=")[0] for word in words}
    shared = {option.option: option.name for option in options_of("gates")}
    for option in options_of("sim"):
        if option.option in shared and option.option not in given:
            words.append(f"{option.option}={getattr(options, shared[option.option])}")
    return parser.parse_args(words)


def _run_core(options: argparse.Namespace, keeper: Keeper) -> int:
    """The core for a network: its netlist with the program in its memories, under the harness of the core."""
    path, package = open_package(options.model)
    simulator, out = find_simulator(options.sim), options.out.resolve()
    request = RunRequest(layer=ALL, images=options.images, seed=options.seed, stall=options.stall)
    parse_stalls(options.stall)
    hardware = core_program(options.model, {"rows": options.rows, "cols": options.cols}).hardware
    result = run_core_netlist(package, str(path), request, hardware, family(options.family), simulator, keeper, out)
    print(run_table(result), flush=True)
    return 0 if result.verdict == "PASS" else 1


def main() -> int:
    """Run the command line."""
    parser = Parser(prog="gates", description=DESCRIPTION)
    add_options(parser, "gates", option_facts())
    return execute(parser.parse_args())


if __name__ == "__main__":
    run(main, extra=(UserError,))
