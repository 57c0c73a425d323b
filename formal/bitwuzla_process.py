"""Bitwuzla as a solver process: SMT-LIB commands on standard input, answers on standard output.

The wheel `bitwuzla` holds the library and no executable, and SymbiYosys starts its solver as a process. `install`
puts an executable of that name into a folder; it hands each line to `bitwuzla.Parser`, which answers as the library
does. Only what yosys-smtbmc --noincr sends is served: one command a line, no push and no pop.
"""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile


def install(folder: Path) -> None:
    """Write the executable `bitwuzla`, which runs this file with this Python."""
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=folder, delete=False) as file:
        file.write(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).resolve()}" "$@"\n')
    executable = Path(file.name)
    executable.chmod(0o755)
    executable.replace(folder / "bitwuzla")  # at once: another run may be starting it


def main(arguments: list[str]) -> int:
    """Answer every command until the input ends; an error is answered as SMT-LIB says and ends with status 1."""
    if "--help" in arguments:
        print("usage: bitwuzla [--lang smt2]")
        return 0
    import bitwuzla  # here, so that what only calls `install` needs no solver

    parser = bitwuzla.Parser(bitwuzla.TermManager(), bitwuzla.Options())
    standard_output = ctypes.CDLL(None)
    for line in sys.stdin:
        try:
            parser.parse(line, False, False)
        except bitwuzla.BitwuzlaException as error:
            print(f'(error "{error}")', flush=True)
            return 1
        standard_output.fflush(None)  # the library prints through C
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
