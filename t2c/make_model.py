"""Command line: python -m t2c.make_model --out examples."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from golden.errors import PackageError


class _Parser(argparse.ArgumentParser):
    """A user error is one line and exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


_positive.__name__ = "positive integer"  # what argparse calls it in an error


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the example packages; return the exit status."""
    parser = _Parser(prog="t2c.make_model", description="Train, quantise and write the digits example packages.")
    parser.add_argument("--out", type=Path, default=Path("examples"), help="directory of the packages (examples)")
    parser.add_argument("--epochs", type=_positive, help="shorten every training run, for a quick try")
    options = parser.parse_args(arguments)
    try:
        from t2c.examples import build, table  # torch loads only for a legal command line
    except ModuleNotFoundError as error:
        parser.error(f"{error.name} is not installed; try: pip install 'torch2chip-cosim[t2c]'")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        print(table(build(options.out, epochs=options.epochs)))
    except (OSError, PackageError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
