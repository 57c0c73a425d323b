"""Command line of the harness, behind `make sim`: run a network, a layer, or the bench of one unit, on the RTL."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.places import OUTPUT
from t2c.contract.hardware import Hardware
from t2c.golden.graph.find_package import open_package
from t2c.mapping.compiler import ALL
from t2c.tb.components.stalls import PROFILES, parse_stalls
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.localisation.rerun import diagnose
from t2c.tb.cosim.report import layer_list, run_table
from t2c.tb.cosim.request import DEPTHS, RunRequest, Waves
from t2c.tb.dut.engine import ARRAY
from t2c.tb.dut.engine import UNIT as ENGINE
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.command import run_unit_command
from t2c.tb.units.engine_campaign import run_engine_command
from t2c.tb.units.run import UNITS

DESCRIPTION = "Run a model package, or one layer of it, on the RTL and compare it with golden."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add all options but the model, which is the package to work on."""
    parser.add_argument("--layer", default="list", help="layer name, 'all', or 'list'")
    parser.add_argument("--unit", default="", help=f"run the bench of a unit instead: {', '.join((*UNITS, ENGINE))}")
    parser.add_argument("--dut", default="", help="with --unit: description of a module of your own, dut.yaml")
    parser.add_argument("--table", default="", help="with --unit: table of a table unit, a file of hexadecimal entries")
    parser.add_argument("--sim", default="icarus", help=" or ".join(SIMULATORS))
    parser.add_argument("--rows", type=int, default=8, help="rows of the systolic array")
    parser.add_argument("--cols", type=int, default=8, help="columns of the systolic array")
    parser.add_argument("--acc-w", type=int, default=32, help="accumulator bits of the hardware")
    parser.add_argument("--images", type=int, default=4, help="test images to run")
    parser.add_argument("--seed", type=int, default=1, help="of every random choice of the run")
    parser.add_argument("--stall", default="none", help=f"{', '.join(PROFILES)}; or input,output")
    parser.add_argument("--first-image", type=int, default=0, help="test image to begin with")
    parser.add_argument("--waves", default="0", help="1 writes an FST; FIRST:LAST one of those cycles")
    usual = Hardware()
    for name in DEPTHS:
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=getattr(usual, name), help="words")
    parser.add_argument("--out", type=Path, default=OUTPUT, help="where builds and results go")


def execute(options: argparse.Namespace) -> int:
    """Return 0 on a proven match, 1 otherwise."""
    in_core = options.unit == ENGINE or (options.unit == ARRAY and options.layer != "list")
    if options.dut and not options.unit:
        raise UserError(f"DUT = {options.dut!r} needs UNIT, the unit that it takes the place of")
    if options.unit and not in_core:
        return run_unit_command(options)
    path, package = open_package(options.model)
    widths = package.graph.widths
    hardware = Hardware(
        rows=options.rows,
        cols=options.cols,
        acc_w=options.acc_w,
        scale_w=widths.scale,
        bias_w=widths.bias,
        **{name: getattr(options, name) for name in DEPTHS},
    )
    if in_core:
        return run_engine_command(options, hardware)
    if options.layer == "list":
        print(layer_list(package, hardware))
        return 0
    if options.layer != ALL:
        package.graph.node(options.layer)
    parse_stalls(options.stall)
    simulator = find_simulator(options.sim)
    request = RunRequest(
        layer=options.layer,
        images=options.images,
        seed=options.seed,
        stall=options.stall,
        waves=Waves.parse(options.waves),
        first_image=options.first_image,
    )
    with locked_cosimulation(package, str(path), request, hardware, simulator, options.out.resolve()) as job:
        result = job.run()
        print(run_table(result), flush=True)
        if result.verdict == "FAIL":
            diagnosis = diagnose(job, result) if request.waves is None else None
            replay = f"  replay with waveform: {result.figures['replay']}"
            print(diagnosis.text() if diagnosis else replay, flush=True)
    return 0 if result.passed else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's own arguments if None."""
    parser = Parser(prog="sim", description=DESCRIPTION)
    parser.add_argument("--model", default="digits_w8a8", help="package directory, or the name of an example")
    configure(parser)
    return execute(parser.parse_args(arguments))


if __name__ == "__main__":
    run(main, extra=(UserError,))
