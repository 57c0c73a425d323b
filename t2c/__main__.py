"""`t2c COMMAND`: from a model to a package, to ROM images and to a run on the RTL; see docs/command_line.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import NoReturn

from t2c.commands import COMMANDS, CommandParser, load_command, parser_of
from t2c.common.command import run
from t2c.common.errors import UserError
from t2c.common.extras import DISTRIBUTION
from t2c.errors import CalibrationError, ExportError, TrainingError


def _version() -> str:
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "of a clone that is not installed"


def _overview() -> CommandParser:
    parser = CommandParser("t2c", "From a PyTorch model to integers, and to RTL that reproduces them bit for bit.")
    parser.add_argument("--version", action="version", version=f"t2c {_version()}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, description="`t2c COMMAND --help` lists the options of one."
    )
    for name in COMMANDS:
        commands.add_parser(name, help=load_command(name).HELP, prog=name)
    return parser


def _options(name: str, words: Sequence[str]) -> argparse.Namespace:
    """Parse the words after a command, over what its configuration file says."""
    parser = parser_of(name)
    finder = CommandParser(f"t2c {name}", add_help=False)
    finder.add_argument("--config")
    path = finder.parse_known_args(words)[0].config
    if path is not None:
        from t2c.commands.config import Experiment  # YAML loads only for who uses it

        experiment = Experiment.read(path, COMMANDS)
        others = {other: parser_of(other) for other in COMMANDS if other != name}
        experiment.set_defaults(name, parser, others)
    return parser.parse_args(words)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, with the process's own arguments if None, and return its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] not in COMMANDS:
        _overview().parse_args(words)  # prints the help or refuses; it does not return
    name, *rest = words
    return load_command(name).execute(_options(name, rest))


def entry() -> NoReturn:
    """The console script: a user's mistake is one line and exit status 2."""
    run(main, extra=(UserError, CalibrationError, ExportError, TrainingError), spelled={"model": "PACKAGE"})


if __name__ == "__main__":
    entry()
