"""`make model`: train, quantise and write the example packages; all of them or those that are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


_positive.__name__ = "positive integer"  # what argparse calls it in an error


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the example packages and print the figures of each as soon as it is written."""
    parser = Parser(prog="t2c.make_model", description="Train, quantise and write the example packages.")
    parser.add_argument("--out", type=Path, default=Path("examples"), help="directory of the packages (examples)")
    add_options(parser, "model", {"models": "such as digits_w8a8,resnet20"})
    parser.add_argument("--epochs", type=_positive, help="another length of every training run, for a quick try")
    options = parser.parse_args(arguments)
    from t2c.example_models import HEADER, NAMES, build, row  # torch loads only for a legal command line

    names = options.models.split(",") if options.models else NAMES
    rows = build(options.out, names, epochs=options.epochs)
    options.out.mkdir(parents=True, exist_ok=True)
    print(HEADER, flush=True)
    for name, metrics in rows:
        print(row(name, metrics), flush=True)
    return 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
