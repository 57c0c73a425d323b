"""Every option that `make` and a command line share, once: name, commands that take it, default, meaning.

A command adds its options with `add_options`. The Makefile names none of them: common/make.py hands on what a user has
set, and tools/make_help.py writes what `make help` prints of this table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.places import OUTPUT

ROOM = object()
"""Default that the command's own room knows and gives to `add_options`."""


@dataclass(frozen=True)
class Option:
    """An option of some commands.

    name: as a Python name; `first_image` is `--first-image`, and FIRST_IMAGE for make; commands: who takes it, with
    blanks; default: None if the command line requires it, `ROOM` if the room has it; meaning: a line of help, with
    {texts} that the room fills in; kind: type of a value, that of the default if None; choices: legal values, all if
    empty; variable: make takes it too; make_default: of make where the command line has none; flag: spelling of a
    foreign command.
    """

    name: str
    commands: str
    default: Any
    meaning: str
    kind: Callable[[str], Any] | None = None
    choices: tuple[Any, ...] = ()
    variable: bool = True
    make_default: str = ""
    flag: str = ""

    @property
    def variable_name(self) -> str:
        """Of make."""
        return self.name.upper()

    @property
    def option(self) -> str:
        """Of the command line."""
        return self.flag or "--" + self.name.replace("_", "-")

    def takes(self, command: str) -> bool:
        """Whether a command has it."""
        return command in self.commands.split()


def _number(text: str) -> int | None:
    """A number, or nothing."""
    return int(text) if text else None


BENCHES = (
    "bench-golden bench-sim bench-door bench-regress bench-t2c bench-softmax bench-layernorm bench-vit bench-cost "
    "bench-elements"
)

OPTIONS = (
    Option(
        "model",
        "sim roms tune export cost gates bitstream",
        "digits_w8a8",
        "package directory, or the name of an example",
    ),
    Option("models", "model", "", "packages, separated by commas: {models}; empty for all"),
    Option("models", "bench-sim", "", "only these packages, layer by layer, separated by commas"),
    Option("layer", "sim", "list", "layer name, all for the whole network, or list"),
    Option("backend", "sim", "rtl", "rtl, in a simulator, or model: the model of the core", choices=("rtl", "model")),
    Option("dump", "sim", "", "with the model: new folder for every memory after each step, docs/core_model.md"),
    Option("unit", "sim", "", "run the bench of a unit instead: {units}"),
    Option("unit", "gates", "", "a unit instead of the core: {units_with_netlists}"),
    Option("unit", "cost", "", "a unit instead of the core: {units_to_cost}"),
    Option("unit", "mutate", "", "unit to mutate: all, {units_to_mutate}"),
    Option(
        "dut",
        "sim",
        "",
        "description of your own module, docs/bring_your_own_rtl.md, or accelerator, docs/your_accelerator.md",
    ),
    Option("table", "sim", "", "with {table_units}: a file of hexadecimal entries, or {tables}"),
    Option("sim", "sim", "icarus", "simulator: {simulators}"),
    Option("sim", "gates", "verilator", "simulator: {simulators}"),
    Option("sim", "mutate", "verilator", "simulator: {simulators}", variable=False),
    Option("rows", "sim roms tune", 8, "rows of the systolic array, 2..256"),
    Option("cols", "sim roms tune", 8, "columns of the systolic array, a divisor of the rows"),
    Option("rows", "gates bitstream", 4, "rows of the array of a core"),
    Option("cols", "gates bitstream", 4, "columns of the array of a core, a divisor of the rows"),
    Option("rows", "cost", "", "rows of the array; empty: 8, of a unit as its bench has them", _number),
    Option(
        "cols", "cost", "", "columns of the array; empty: as many as rows, of a unit as its bench has them", _number
    ),
    Option(
        "acc_w",
        "sim tune cost",
        "",
        "accumulator width of the hardware, bits; empty: 32, or what the multipliers leave",
        _number,
    ),
    Option("x_w", "sim roms tune", 8, "activation width of the hardware, bits"),
    Option("w_w", "sim roms tune", 8, "weight width of the hardware, bits"),
    Option("x_w", "cost", "", "activation width; empty: 8, of a unit as its bench has it", _number),
    Option("w_w", "cost", "", "weight width; empty: 8, of a unit as its bench has it", _number),
    Option(
        "element",
        "sim roms tune cost",
        "",
        "elements of the array, docs/elements.md: {elements}, NAME.yaml of your own, or several as NAME:COLUMNS,...; "
        "empty: mac",
    ),
    Option("act_depth", "sim roms tune", ROOM, "activation memory, words of one channel for each row", int),
    Option("wgt_depth", "sim roms tune", ROOM, "weight memory, rows of one weight for each column", int),
    Option("par_depth", "sim roms tune", ROOM, "parameter memory, words of one lane for each column", int),
    Option("acc_depth", "sim roms tune", ROOM, "accumulators, output pixels of a block", int),
    Option("prg_depth", "sim roms tune", ROOM, "program memory, words of 32 bits", int),
    Option("tbl_depth", "sim roms tune", ROOM, "table memory, entries of 16 bits", int),
    *(
        Option(f"{name}_depth", "cost", "", f"{meaning} memory, words; empty: as few as hold the model", _number)
        for name, meaning in (
            ("act", "activation"),
            ("wgt", "weight"),
            ("par", "parameter"),
            ("acc", "accumulator"),
            ("prg", "program"),
            ("tbl", "table"),
        )
    ),
    Option(
        "row_lanes",
        "sim roms tune cost",
        "",
        "row engine, elements in a cycle; 0: none; empty: what the network needs",
        _number,
    ),
    Option("budget", "tune", "", "all memories together, KiB; empty: what the depths take", _number),
    Option("parameters", "cost gates", "", "NAME=VALUE,... of a unit; the others are as its bench has them"),
    Option("family", "cost", "ecp5", "target: {families}"),
    Option("family", "gates", "gates", "cells of the netlist: {families}"),
    Option(
        "by_module", "cost", 1, "0 leaves out what each module costs, which is a synthesis of its own", choices=(0, 1)
    ),
    Option("pnr", "cost", 0, "1 places and routes too: clock, slowest path, use of the device", choices=(0, 1)),
    Option("device", "cost bitstream", "ecp5-85k", "device to place and route on: {devices}"),
    Option("speed", "cost bitstream", 6, "its speed grade, 6 to 8"),
    Option("seeds", "cost", 1, "placements to try; the median counts"),
    Option(
        "balance",
        "cost",
        "",
        "instead: columns of multipliers and of SP2 that fill a device, docs/elements.md: {counted}",
    ),
    Option("lut_share", "cost", 0.5, "with BALANCE: of the device's LUTs, what the columns may take, 0..1"),
    Option("flow", "flow", "", "yaml of a design flow, docs/flows_language.md"),
    Option("images", "sim", 4, "test images to run"),
    Option("batch", "sim", 1, "with LAYER=all: images that one run of the program takes, a divisor of IMAGES"),
    Option("images", "gates", 2, "with the core: test images to run"),
    Option("images", "roms", 1, "test images that give stimulus and expected words"),
    Option("first_image", "sim roms", 0, "test image to begin with"),
    Option("seed", "sim regress oracle mutate fuzz gates bitstream", 1, "seed of every random choice"),
    Option(
        "stall",
        "sim gates",
        "none",
        "back-pressure: {profiles}; or input,output; of an accelerator PORT:PROFILE,... too",
    ),
    Option("reset_at", "sim", 0, "with an accelerator: cycle of the first run at which a reset ends it; 0: none"),
    Option("accumulators", "sim", 1, "0 compares results only, not the sums before requantisation", choices=(0, 1)),
    Option(
        "cycles",
        "sim",
        "exact",
        "free: steps of other lengths than contract.schedule says are a note, not a FAIL",
        choices=("exact", "free"),
    ),
    Option("waves", "sim", "0", "1 writes an FST waveform, FIRST:LAST one of those cycles"),
    Option("lanes", "roms", 1, "weights a word in the images of tensors"),
    Option("formats", "roms", "hex", "formats of the images, separated by commas: {rom_formats}; hex is always there"),
    Option("shrink", "sim", 0, "seconds to shrink a package that fails, to the smallest one that still does; 0: none"),
    Option("shrink", "regress", 60, "seconds to shrink each failed random package; 0: none"),
    Option("out", "roms export bitstream", None, "folder to write to", Path, make_default="sim_build/{command}"),
    Option("out", "sim regress gates", OUTPUT, "folder for builds and results", Path, variable=False),
    Option("out", "tune", "", "JSON file to write what was found to; empty: none"),
    Option("out", "fuzz", OUTPUT / "fuzz", "folder for the files of a case", Path, variable=False),
    Option("out", "cost", OUTPUT / "cost", "folder for what was synthesised and the result", Path, variable=False),
    Option("out", "flow", OUTPUT / "flows", "folder for what flows have done and their results", Path, variable=False),
    Option("out", "coverage formal mutate", ROOM, "folder for builds and results", Path, variable=False),
    Option("random_layers", "regress", 24, "random layers, seeds SEED, SEED + 1, ..."),
    Option("random_networks", "regress", 12, "random networks"),
    Option("random_transformers", "regress", 12, "random transformers"),
    Option(
        "campaign",
        "regress",
        "usual",
        "small: examples, everyday random packages; usual: legal space and edge packages; long: random hardware too",
        choices=("small", "usual", "long"),
    ),
    Option("arrays", "regress", "8x8,16x16", "ROWSxCOLS,...: layers on the first, whole networks on every one"),
    Option("only", "regress oracle formal mutate", "*", "only jobs, checks, proofs or mutants that match this pattern"),
    Option("mutants", "mutate", 0, "how many mutants; 0: 60 of a unit, 120 of the core"),
    Option("write", "mutate", 0, "1 writes the tables of docs/mutation", choices=(0, 1)),
    Option("write", BENCHES, 0, "1 writes what is printed to its page in docs", choices=(0, 1)),
    Option("cases", "oracle", 1_000_000, "output values of each random check"),
    Option("cases", "fuzz", 100_000, "damaged folders"),
    Option("doors", "fuzz", "all", "package, description, table, roms, import, chip, onnx: those alone, or all"),
    Option("case", "fuzz", -1, "run the damaged folder of this number only, and keep it"),
    Option("workers", "regress coverage formal mutate fuzz flow", 2, "worker processes"),
    Option("shard", "regress", "1/1", "I/N runs the I-th of N parts, for N machines"),
    Option("reports", "regress-merge", "", "JUnit reports of all parts, names or patterns with commas between them"),
    Option("out", "regress-merge", ROOM, "merged report", Path, variable=False),
    Option("scheduler", "regress flow", "", "address of your own Dask scheduler, tcp://host:port"),
    Option("fresh", "regress", 0, "1 runs again what has passed", choices=(0, 1)),
    Option("test_workers", "check test faults", 2, "worker processes", flag="-n"),
    Option("python", "setup", "python3", "interpreter that makes the virtual environment"),
    Option("venv", "setup", ".venv", "virtual environment; one outside the clone can serve several clones"),
)
"""In the order of `make help`; tools/setup.sh has the defaults of `setup` too. A name with several rows is one option
that means something else in each command."""


def options_of(command: str) -> list[Option]:
    """The options of a command in the order of the table."""
    return [option for option in OPTIONS if option.takes(command)]


def add_options(
    parser: argparse.ArgumentParser,
    command: str,
    facts: Mapping[str, Any] | None = None,
    *,
    kinds: Mapping[str, Callable[[str], Any]] | None = None,
    without: Collection[str] = (),
) -> None:
    """Add a command's options to its parser.

    Args:
        parser: the command's.
        command: as the table has it.
        facts: what the command's room knows: defaults by the option's name, texts by the {name} in a meaning.
        kinds: types of values by the option's name, where more is asked than the table says.
        without: options that this parser has otherwise.

    Raises:
        KeyError: a fact is missing.
    """
    known = dict(facts or {})
    for option in options_of(command):
        if option.name in without:
            continue
        default = known[option.name] if option.default is ROOM else option.default
        parser.add_argument(
            option.option,
            type=(kinds or {}).get(option.name) or option.kind or type(default),
            default=default,
            required=default is None,
            choices=option.choices or None,
            help=option.meaning.format_map(known).replace("%", "%%"),
        )
