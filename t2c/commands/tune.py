"""`t2c tune`: the dataflow of a package with the fewest cycles, at a budget of memory; what `make tune` does."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from t2c.commands import add_package

if TYPE_CHECKING:
    from t2c.contract.hardware import Hardware
    from t2c.mapping.tuning import Choice

NAME = "tune"
HELP = "split a budget of memory, choose images a run and the array's shape for the fewest cycles an image"
HEADINGS = ("free to choose", "array", "images a run", "memory KiB", "cycles an image", "gain")
KIB = 8192
"""Bits."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The package, the array and memories as they are given, the budget."""
    from t2c.common.options import add_options
    from t2c.tb.__main__ import option_facts

    add_package(parser)
    add_options(parser, NAME, option_facts(), without=("model",))


def execute(options: argparse.Namespace) -> int:
    """Print what each choice takes, and the command that runs the last one; return 0."""
    from t2c.common.atomic import write_atomic
    from t2c.common.errors import SettingError
    from t2c.common.text_table import aligned
    from t2c.golden.elements.columns import know_elements
    from t2c.golden.graph.find_package import open_package
    from t2c.mapping.tuning import GIVEN, memory_bits, tuned
    from t2c.tb.__main__ import batch_command, hardware_of

    if options.budget is not None and options.budget < 1:
        raise SettingError.below("budget", options.budget, 1)
    options.element = know_elements(options.element)
    path, package = open_package(options.package)
    hardware = hardware_of(options, package.graph)
    budget = memory_bits(hardware) if options.budget is None else options.budget * KIB
    if options.budget is not None:
        hardware = _halved(hardware, budget)
    choices = tuned(package.graph, hardware, budget)
    rows = [HEADINGS, *(_row(choice, choices[0]) for choice in choices)]
    if choices[0].name != GIVEN:
        kib = memory_bits(hardware) / KIB
        rows.insert(1, (GIVEN, f"{hardware.rows}x{hardware.cols}", "1", f"{kib:,.1f}", "does not fit", ""))
    best = choices[-1].program
    run = batch_command(options.package, best.hardware, best.batch)
    print("\n".join([f"{path}: {budget / KIB:,.1f} KiB of memory", "", *aligned(rows, range(2, 6)), "", run]))
    if options.out:
        found = {"budget_bits": budget, "choices": [_to_json(choice) for choice in choices], "command": run}
        write_atomic(options.out, json.dumps(found, indent=1) + "\n")
    return 0


def _halved(hardware: Hardware, budget: int) -> Hardware:
    """Activations and weights halved together, until all memories are within the budget or nothing is left of these."""
    from dataclasses import replace

    from t2c.mapping.tuning import memory_bits

    while memory_bits(hardware) > budget and min(hardware.act_depth, hardware.wgt_depth) >= 4:
        hardware = replace(hardware, act_depth=hardware.act_depth // 2, wgt_depth=hardware.wgt_depth // 2)
    return hardware


def _row(choice: Choice, first: Choice) -> tuple[str, ...]:
    hardware = choice.program.hardware
    return (
        choice.name,
        f"{hardware.rows}x{hardware.cols}",
        str(choice.program.batch),
        f"{choice.bits / KIB:,.1f}",
        f"{float(choice.cycles):,.1f}",
        "" if choice is first else f"{choice.gain(first):.1%}",
    )


def _to_json(choice: Choice) -> dict[str, object]:
    return {
        "free": choice.name,
        "cycles_an_image": float(choice.cycles),
        "memory_bits": choice.bits,
        "images": choice.program.batch,
        "parameters": choice.program.hardware.parameters(),
    }
