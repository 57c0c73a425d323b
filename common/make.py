"""`python -m t2c.common.make TARGET [WORD ...]`: what a target of the Makefile runs, with the variables that are set.

make hands variables on in the environment, where no shell and no make reads them again; here they become arguments of
the command, one each, whatever they hold.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from t2c.common.interrupts import undo_postpone
from t2c.common.options import OPTIONS, options_of
from t2c.common.spelling import CALLER, MAKE

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "sim": ("t2c.tb",),
    "regress": ("t2c.tb.regress",),
    "regress-merge": ("t2c.tb.regress.merge",),
    "roms": ("t2c.rom_folder",),
    "tune": ("t2c", "tune"),
    "flow": ("t2c", "flow"),
    "export": ("t2c", "export"),
    "model": ("t2c.make_model",),
    "oracle": ("oracle",),
    "fuzz": ("tests.fuzz",),
    "coverage": ("t2c.tb.coverage",),
    "formal": ("formal",),
    "mutate": ("mutation",),
    "cost": ("t2c.cost",),
    "gates": ("t2c.cost.gates",),
    "bitstream": ("t2c.cost.bitstream",),
    "bench-golden": ("benchmarks.bench_golden",),
    "bench-sim": ("benchmarks.bench_sim",),
    "bench-door": ("benchmarks.bench_door",),
    "bench-regress": ("benchmarks.bench_regress",),
    "bench-t2c": ("benchmarks.bench_t2c",),
    "bench-softmax": ("benchmarks.bench_softmax",),
    "bench-layernorm": ("benchmarks.bench_layer_norm",),
    "bench-vit": ("benchmarks.bench_vit",),
    "bench-cost": ("benchmarks.bench_cost",),
    "bench-elements": ("benchmarks.bench_elements",),
    "check": ("pytest",),
    "test": ("pytest",),
    "faults": ("pytest",),
}
"""The module behind a target, and words that it takes first."""
POSITIONAL = {"export": "model", "tune": "model", "flow": "flow"}
"""Options that are a plain argument of the module."""
FOREIGN = ("pytest",)
"""Modules that are not ours: they are told the table's default, and nobody tells them who calls."""


def arguments(target: str, environment: Mapping[str, str]) -> list[str]:
    """The command line of a target, from the module's name on.

    >>> arguments("sim", {"LAYER": "fc; $(reboot)", "WORKERS": "9"})
    ['t2c.tb', '--layer=fc; $(reboot)']
    >>> arguments("export", {"OUT": "-o"})
    ['t2c', 'export', '--out=-o', '--', 'digits_w8a8']
    """
    words, last = list(COMMANDS[target]), []
    foreign = words[0] in FOREIGN
    for option in options_of(target):
        if not option.variable:
            continue
        value = environment.get(option.variable_name)
        positional = POSITIONAL.get(target) == option.name
        if value is None and (foreign or positional):
            value = str(option.default)
        if value is None and option.make_default:
            value = option.make_default.format(command=target)
        if value is None:
            continue
        if positional:
            last = ["--", value]
        else:
            words.append(f"{option.option}{'=' if option.option.startswith('--') else ''}{value}")
    return words + last


def surroundings(target: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the command: without the variables, which are arguments now, and with the caller's name."""
    ours = {option.variable_name for option in OPTIONS if option.variable and not option.takes("setup")}
    kept = {name: value for name, value in environment.items() if name not in ours}
    return kept if COMMANDS[target][0] in FOREIGN else kept | {CALLER: MAKE}


def main(target: str, extra: Sequence[str]) -> NoReturn:
    """Become the command of a target."""
    words = [sys.executable, "-m", *arguments(target, os.environ), *extra]
    if COMMANDS[target][0] in FOREIGN:
        undo_postpone()
    os.execve(sys.executable, words, surroundings(target, os.environ))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
