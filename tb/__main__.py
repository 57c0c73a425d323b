"""Command line of the harness, behind `make sim`: run a network, a layer, or the bench of one unit, on the RTL."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options, options_of
from t2c.common.spelling import command
from t2c.contract.element_rtl import MODULE
from t2c.contract.hardware import Hardware
from t2c.golden.elements.columns import know_elements
from t2c.golden.elements.element import ELEMENTS
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.graph import Graph
from t2c.mapping.compiler import ALL
from t2c.mapping.lower import hardware_fields
from t2c.tb.catalogue.unit_registry import find_unit, runnable_names
from t2c.tb.components.stalls import PROFILES, parse_stalls
from t2c.tb.cosim.cosimulation import locked_cosimulation
from t2c.tb.cosim.on_model import BACKEND, run_on_model
from t2c.tb.cosim.report import layer_list, run_table
from t2c.tb.cosim.request import DEPTHS, EXACT, MODEL, OPERANDS, RTL_ONLY, RunRequest, Waves, hardware_settings
from t2c.tb.simulation.simulators import SIMULATORS, find_simulator
from t2c.tb.units.table_choice import table_names, table_units

MISSING = {
    "unit": "units",
    "dut": "modules",
    "table": "units",
    "sim": "simulator",
    "stall": "back-pressure",
    "waves": "signals",
    "cycles": "cycles of its own",
    "shrink": "faults to find",
}
"""What the model of the core does not have, by the option that is about it."""
DESCRIPTION = "Run a model package, or one layer of it, on the RTL and compare it with golden."


def configure(parser: argparse.ArgumentParser) -> None:
    """Add all options but the model, which is the package to work on."""
    add_options(parser, "sim", option_facts(), without=("model",))


def option_facts() -> dict[str, Any]:
    """What the harness knows of its options: defaults, and the names that can be chosen."""
    usual = Hardware()
    return {
        **{name: getattr(usual, name) for name in DEPTHS},
        "units": ", ".join(runnable_names()),
        "table_units": " or ".join(table_units()),
        "tables": ", ".join(table_names()),
        "simulators": " or ".join(SIMULATORS),
        "profiles": ", ".join(PROFILES),
        "elements": ", ".join(ELEMENTS.names()),
    }


def hardware_of(options: argparse.Namespace, graph: Graph) -> Hardware:
    """The core that the options ask for, with what follows from a network where they do not say; `know_elements` has
    read the element."""
    given = {name: getattr(options, name) for name in ("acc_w", "row_lanes", *OPERANDS, *DEPTHS)}
    if given["acc_w"] is None:
        given["acc_w"] = Hardware.usual_acc_w(graph.widths.scale)
    given["element"] = options.element or ("" if getattr(options, "unit", "") else None)
    return Hardware(**hardware_fields(graph, options.rows, options.cols, given))


def batch_command(model: str, hardware: Hardware, batch: int) -> str:
    """The command that runs a whole network once, with so many images."""
    several = {"batch": batch} if batch > 1 else {}
    return command("sim", {"model": model, "layer": ALL, "images": batch, **several, **hardware_settings(hardware)})


def execute(options: argparse.Namespace) -> int:
    """Return 0 on a proven match, 1 otherwise."""
    _check_backend(options)
    _check_element(options)
    _check_batch(options)
    if options.dut and not options.unit:
        from t2c.tb.accelerator.description import is_accelerator  # pyslang loads for who has a module

        if is_accelerator(Path(options.dut)):
            from t2c.tb.accelerator.command import run_accelerator_command

            waves = Waves.parse(options.waves)
            return run_accelerator_command(options, (waves.first, waves.last) if waves else None)
    unit = find_unit(options.unit) if options.unit else None
    in_core = bool(unit and unit.inside_core and (not unit.bench or options.layer != "list"))
    if options.dut and not options.unit:
        raise SettingError(
            "{dut} = {given!r} needs {unit}, the unit that it takes the place of", {"given": options.dut}
        )
    if unit and unit.programs:
        from t2c.tb.units.program_campaign import run_programs_command

        return run_programs_command(options)
    if options.unit and not in_core:
        from t2c.tb.units.unit_command import run_unit_command  # benches need cocotb, the model of the core does not

        return run_unit_command(options)
    options.element = know_elements(options.element)
    path, package = open_package(options.model)
    hardware = hardware_of(options, package.graph)
    if in_core:
        from t2c.tb.units.core_campaign import run_inside_core_command

        return run_inside_core_command(options, hardware)
    if options.layer == "list":
        print(layer_list(package, hardware))
        return 0
    if options.layer != ALL:
        package.graph.node(options.layer)
    parse_stalls(options.stall)
    if options.shrink < 0:
        raise SettingError.below("shrink", options.shrink, 0)
    on_model = options.backend == MODEL
    simulator = BACKEND if on_model else find_simulator(options.sim)
    request = RunRequest(
        layer=options.layer,
        images=options.images,
        seed=options.seed,
        stall=options.stall,
        waves=Waves.parse(options.waves),
        first_image=options.first_image,
        accumulators=bool(options.accumulators),
        exact_cycles=options.cycles == EXACT,
        batch=options.batch,
    )
    output = options.out.resolve()
    with locked_cosimulation(package, str(path), request, hardware, simulator, output) as job:
        result = run_on_model(job, Path(options.dump) if options.dump else None) if on_model else job.run()
        print(run_table(result), flush=True)
        if result.verdict == "FAIL":
            from t2c.tb.cosim.localisation.follow_up import follow_up  # a run that passes does not wait for it

            print(follow_up(job, result).text, flush=True)
        target = job.folder / "shrunk"
    if result.verdict == "FAIL" and options.shrink:
        from t2c.tb.shrink.shrinking import shrink

        shrunk = shrink(package, request, hardware, simulator, output, target, options.shrink)
        print(shrunk.text if shrunk else "not shrunk: the same run alone passes", flush=True)
    return 0 if result.passed else 1


def _check_element(options: argparse.Namespace) -> None:
    """Refuse elements where the array is somebody's own, or not there."""
    if not options.element:
        return
    if options.dut:
        raise SettingError("{element} = {text!r}: {dut} is a module of your own", {"text": options.element})
    if options.unit not in ("", MODULE):
        values = {"text": options.element, "wanted": MODULE}
        raise SettingError("{element} = {text!r} needs {unit} = {wanted}, or no {unit}", values)


def _check_batch(options: argparse.Namespace) -> None:
    """Refuse a batch of what is not a whole network on our core, or that does not divide the images."""
    if options.batch < 1:
        raise SettingError.below("batch", options.batch, 1)
    if options.batch == 1:
        return
    values = {"given": options.batch, "images_given": options.images}
    if options.unit or options.dut or options.layer != ALL:
        raise SettingError("{batch} = {given} needs {layer} = all, and neither {unit} nor {dut}", values)
    if options.images % options.batch:
        raise SettingError("{batch} = {given} does not divide {images} = {images_given}", values)


def _check_backend(options: argparse.Namespace) -> None:
    """Refuse what the chosen backend has no use for."""
    if options.backend != MODEL:
        if options.dump:
            raise SettingError("{dump} = {given!r} needs {backend} = model", {"given": options.dump})
        return
    usual = {option.name: option.default for option in options_of("sim")}
    for name in RTL_ONLY:
        given = getattr(options, name)
        if given != usual[name]:
            text = "{" + name + "} = {given!r} is for the RTL; the model of the core has no {what}"
            raise SettingError(text, {"given": given, "what": MISSING[name]})
    if options.dump and Path(options.dump).is_dir() and any(Path(options.dump).iterdir()):
        raise SettingError("{dump} = {given!r}: the folder is not empty", {"given": options.dump})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's own arguments if None."""
    parser = Parser(prog="sim", description=DESCRIPTION)
    add_options(parser, "sim", option_facts())
    return execute(parser.parse_args(arguments))


if __name__ == "__main__":
    run(main, extra=(UserError,))
