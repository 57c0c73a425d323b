"""Command line of the harness, behind `make sim`: run one layer of a package, or the bench of one unit, on the RTL."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from golden.command import Parser, open_package, run
from mapping.hardware import Hardware
from tb.errors import UserError
from tb.layer_job import run_layer
from tb.layer_request import LayerRequest
from tb.report import layer_list, layer_table
from tb.runner import ROOT
from tb.simulators import SIMULATORS, find_simulator
from tb.stalls import PROFILES, parse_stalls
from tb.unit_job import UNITS, run_unit


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="sim", description="Run one layer of a model package on the RTL and compare it with golden.")
    parser.add_argument("--model", default="digits_w8a8", help="package directory, or the name of an example")
    parser.add_argument("--layer", default="list", help="layer name, or 'list'")
    parser.add_argument("--unit", default="", help=f"run the bench of a unit instead: {', '.join(UNITS)}")
    parser.add_argument("--sim", default="icarus", help=" or ".join(SIMULATORS))
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--cols", type=int, default=8)
    parser.add_argument("--acc-w", type=int, default=32, help="accumulator bits of the hardware")
    parser.add_argument("--images", type=int, default=4, help="test images to run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stall", default="none", help=f"{', '.join(PROFILES)}; or input,output")
    parser.add_argument("--waves", type=int, choices=(0, 1), default=0, help="1 writes an FST")
    parser.add_argument("--out", type=Path, default=ROOT / "sim_build")
    return parser


def _run_unit(options: argparse.Namespace) -> int:
    output = options.out.resolve()
    simulator = find_simulator(options.sim)
    outcome = run_unit(options.unit, simulator, output, seed=options.seed, waves=bool(options.waves))
    print(f"unit     {options.unit} on {simulator.name} {simulator.version}, seed {options.seed}")
    print(f"benches  {outcome.tests} ran, {outcome.failed} failed; see {outcome.log}")
    print(f"verdict  {'PASS' if outcome.passed else 'FAIL'}")
    return 0 if outcome.passed else 1


def main() -> int:
    """Return 0 on a proven match, 1 otherwise."""
    options = _parser().parse_args()
    if options.unit:
        return _run_unit(options)
    path, package = open_package(options.model, ROOT / "examples")
    widths = package.graph.widths
    hardware = Hardware(
        rows=options.rows, cols=options.cols, acc_w=options.acc_w, scale_w=widths.scale, bias_w=widths.bias
    )
    if options.layer == "list":
        print(layer_list(package, hardware))
        return 0
    package.graph.node(options.layer)
    parse_stalls(options.stall)
    simulator = find_simulator(options.sim)
    request = LayerRequest(
        layer=options.layer,
        images=options.images,
        seed=options.seed,
        stall=options.stall,
        waves=bool(options.waves),
    )
    result = run_layer(package, str(path), request, hardware, simulator, options.out.resolve())
    print(layer_table(result))
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run(main, extra=(UserError,))
