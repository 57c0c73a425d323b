"""The commands of `t2c`, a module each: NAME, HELP, `configure` (its options), `execute` (its work).

A module loads nothing heavy before `execute`, and nothing of another room before `configure`: `t2c --help` lists all of
them on a machine without PyTorch or a simulator.
"""

from __future__ import annotations

import argparse
import importlib
import keyword
from pathlib import Path
from typing import Protocol, cast

from t2c.common.command import Parser

COMMANDS = (
    "train",
    "quantize",
    "import",
    "export",
    "inspect",
    "check",
    "retarget",
    "element",
    "tune",
    "flow",
    "sim",
    "roms",
    "vectors",
    "pipeline",
    "cost",
)
"""In the order in which an experiment needs them."""


class Command(Protocol):
    """What a module of this package offers."""

    NAME: str
    HELP: str

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""

    def execute(self, options: argparse.Namespace) -> int:
        """Do the work; return the exit status."""


class CommandParser(Parser):
    """A parser of `t2c`; an option is never abbreviated."""

    def __init__(self, prog: str, description: str = "", *, add_help: bool = True) -> None:
        super().__init__(prog=prog, description=description, add_help=add_help, allow_abbrev=False)


def add_package(parser: argparse.ArgumentParser) -> None:
    """Add the argument of all commands that work on a package."""
    parser.add_argument("package", help="package directory, or the name of an example")


def add_target(parser: argparse.ArgumentParser, meaning: str, *, required: bool = False) -> None:
    """Add the option of all commands that hold something to a chip."""
    parser.add_argument("--target", type=Path, metavar="CHIP.yaml", required=required, help=meaning)


def add_reference(parser: argparse.ArgumentParser) -> None:
    """Add the option of commands whose golden may be the user's own."""
    from t2c.commands.values import Repeated, reference

    parser.add_argument(
        "--reference",
        type=reference,
        action=Repeated,
        default=[],
        metavar="LAYER=FILE.py:FUNCTION",
        help="your function stands for a layer, or for op:KIND; may be repeated (docs/your_arithmetic.md)",
    )


def load_command(name: str) -> Command:
    """Import a command's module.

    Raises:
        ModuleNotFoundError: something that it needs is not installed.
    """
    module = f"{name}_" if keyword.iskeyword(name) else name
    return cast(Command, importlib.import_module(f"t2c.commands.{module}"))


def parser_of(name: str) -> CommandParser:
    """A parser with all options of a command, `--config` included; errors as `load_command`."""
    command = load_command(name)
    parser = CommandParser(f"t2c {name}", command.HELP)
    parser.add_argument("--config", metavar="FILE.yaml", help="take options from this file; flags win over it")
    command.configure(parser)
    return parser
