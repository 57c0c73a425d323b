"""`t2c import`: a network that others have quantised to a package, with a proof of how exact it is."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

NAME = "import"
HELP = "read a network that others have quantised into a package, and prove how exact it is"


def configure(parser: argparse.ArgumentParser) -> None:
    """The file, the package and the form of the report."""
    from t2c.commands.values import at_least

    parser.add_argument("file", type=Path, help="file to import; its name's ending says what it is, such as .tflite")
    parser.add_argument("--out", type=Path, help="package directory to write; without it, only the report is printed")
    parser.add_argument(
        "--samples", type=Path, help="inputs as the source takes them, .npy: (N, input shape), integers"
    )
    parser.add_argument("--images", type=at_least(1), default=4, help="random inputs without --samples (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random inputs (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def execute(options: argparse.Namespace) -> int:
    """Read the file, print the report, write the package; return 0. Every reason for a refusal has its line."""
    from t2c.importing.errors import RefusedError
    from t2c.importing.importer import import_file

    try:
        done = import_file(options.file, options.out, samples=options.samples, images=options.images, seed=options.seed)
    except RefusedError as error:
        if options.json:
            print(json.dumps({"source": str(options.file), "refused": list(error.reasons)}, indent=1))
        raise
    print(json.dumps(done.report, indent=1) if options.json else "\n".join(done.lines))
    return 0
