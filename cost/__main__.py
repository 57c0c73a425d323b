"""`make cost`: synthesise a unit or the core, and say what it is made of."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from t2c.common.atomic import write_atomic
from t2c.common.command import Parser, run
from t2c.common.errors import SettingError, UserError
from t2c.common.options import add_options
from t2c.contract.hardware import Hardware
from t2c.cost.balance import balance, balance_lines, check_share, find_counted, measured
from t2c.cost.design import SynthesisDesign
from t2c.cost.estimate import estimate
from t2c.cost.families import FAMILIES, family
from t2c.cost.keeper import Keeper
from t2c.cost.place_and_route import COUNTED, DEVICES, find_device, place_and_route
from t2c.cost.report import cost_lines, estimate_lines, routed_lines
from t2c.cost.subject import core_design, core_program, unit_design
from t2c.cost.synthesis import synthesise
from t2c.golden.elements.columns import know_elements
from t2c.golden.elements.element import ELEMENTS
from t2c.mapping.program import Program
from t2c.tb.catalogue.unit import CORE
from t2c.tb.catalogue.unit_registry import units

DESCRIPTION = "Synthesise a unit or the core: what each module costs; place and route it if asked."
ROWS = 8
"""Of the core if nothing is said."""


def configure(parser: argparse.ArgumentParser, *, without: Sequence[str] = ()) -> None:
    """Add all options but some."""
    add_options(parser, "cost", option_facts(), without=without)


def option_facts() -> dict[str, Any]:
    """What this room knows of its options."""
    return {
        "units_to_cost": ", ".join(units()),
        "families": ", ".join(FAMILIES),
        "devices": ", ".join(DEVICES),
        "counted": ", ".join(COUNTED),
        "elements": ", ".join(ELEMENTS.names()),
    }


def execute(options: argparse.Namespace) -> int:
    """Print the cost and write it as JSON; return 0."""
    if options.balance:
        return execute_balance(options)
    target = family(options.family)
    if options.seeds < 1:
        raise SettingError.below("seeds", options.seeds, 1)
    device = find_device(options.device, target.name, options.speed) if options.pnr else None
    design, program = chosen(options)
    out = options.out.resolve()
    keeper = Keeper(folder=out, progress=lambda line: print(line, file=sys.stderr, flush=True))
    cost = synthesise(design, target, keeper, by_module=bool(options.by_module))
    said: dict[str, Any] = cost.to_json()
    print("\n".join(cost_lines(cost)), flush=True)
    mhz = None
    if device:
        routed = place_and_route(cost, device, options.speed, range(1, options.seeds + 1), keeper)
        mhz, said["place_and_route"] = routed.median_mhz, routed.to_json()
        print("\n".join(["", *routed_lines(routed)]), flush=True)
    if program:
        needs, array = estimate(program), program.hardware.rows * program.hardware.cols
        said["model"] = {"name": options.model, **needs.to_json()}
        print("\n".join(["", *estimate_lines(needs, array, mhz)]))
    result = out / f"{design.top}-{target.name}.json"
    write_atomic(result, json.dumps(said, indent=2) + "\n")
    print(f"\nresult    {options.out / result.name}")
    return 0


def execute_balance(options: argparse.Namespace) -> int:
    """Print which columns fill a device and write it as JSON; return 0."""
    for name in ("unit", "element", "parameters", "cols", "w_w", "x_w", "pnr"):
        if getattr(options, name) not in (None, "", 0):
            raise SettingError("{balance}: it is of columns alone, without {" + name + "}")
    rows = ROWS if options.rows is None else options.rows
    device, out = find_counted(options.balance), options.out.resolve()
    check_share(options.lut_share)
    keeper = Keeper(folder=out, progress=lambda line: print(line, file=sys.stderr, flush=True))
    found = balance(device, rows, measured(device, rows, keeper), options.lut_share)
    print("\n".join(balance_lines(found)))
    result = out / f"balance-{device.name}.json"
    write_atomic(result, json.dumps(found.to_json(), indent=2) + "\n")
    print(f"\nresult    {options.out / result.name}")
    return 0


def chosen(options: argparse.Namespace) -> tuple[SynthesisDesign, Program | None]:
    """What the options ask for: the design, and the network if it is the core of one.

    Raises:
        UserError: a unit, parameter or network that there is not, or options that mean nothing to what was chosen.
    """
    given = {name: value for name in _hardware() if (value := getattr(options, name)) not in (None, "")}
    parameters = parse_parameters(options.parameters)
    options.element = know_elements(options.element)
    if options.unit not in ("", CORE):
        fields = {name.upper(): value for name, value in given.items()}
        return unit_design(options.unit, {**fields, **parameters}), None
    if parameters:
        raise SettingError("{parameters} = {text!r} needs {unit}", {"text": options.parameters})
    rows = given.get("rows", ROWS)
    program = core_program(options.model, {"cols": rows, **given, "rows": rows})
    return core_design(program.hardware, options.out.resolve()), program


def _hardware() -> list[str]:
    """Fields of `Hardware` that are options."""
    return [field.name for field in fields(Hardware) if field.name not in ("scale_w", "bias_w")]


def parse_parameters(text: str) -> dict[str, int]:
    """Read NAME=VALUE,...

    Raises:
        SettingError: anything else, or a name twice.

    >>> parse_parameters("ACC_W=24, SCALE_W=12")
    {'ACC_W': 24, 'SCALE_W': 12}
    """
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = part.partition("=")
        if not name.isidentifier() or not value.isdecimal() or name in found:
            raise SettingError("{parameters} = {text!r}: NAME=VALUE,... with whole numbers, each once", {"text": text})
        found[name] = int(value)
    return found


def main() -> int:
    """Run the command line."""
    parser = Parser(prog="cost", description=DESCRIPTION)
    configure(parser)
    return execute(parser.parse_args())


if __name__ == "__main__":
    run(main, extra=(UserError,))
