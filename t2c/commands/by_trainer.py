"""Options of `t2c train` that only some of its trainers take. Nothing here loads torch before it is called."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from t2c.commands.training import naming
from t2c.commands.values import at_least, fraction, number
from t2c.common.errors import UserError
from t2c.errors import CheckpointError
from t2c.golden.errors import RangeError, UnsupportedError

TRAINERS = ("supervised", "ssl", "transfer")
"""Names in `t2c.trainers.TRAINER` of what trains a float model."""

SSL_LOSS_NAMES = ("barlow", "xd")
"""The names that `t2c.ssl_losses` registers."""

SCHEDULE = ("epochs", "rate", "batch", "decay")
TAKES: dict[str, tuple[str, ...]] = {
    "supervised": ("shift", "pruner", "sparsity", "dense"),
    "ssl": ("loss", "strength", "projector", "slim"),
    "transfer": ("from", "per_class", "encoder_rate", "shift", "pruner", "sparsity", "dense"),
}
"""Which options a trainer takes besides those of all."""


def loss_name(text: str) -> str:
    """The type of `--loss`; a name that is known here does not load torch, and a file is not run yet."""
    if text not in SSL_LOSS_NAMES and ":" not in text:
        from t2c.ssl_losses import SSL_LOSSES

        if SSL_LOSSES.find(text) is None:
            known = ", ".join(SSL_LOSSES.names())
            raise argparse.ArgumentTypeError(f"no loss {text!r}; there are {known} and FILE.py:NAME")
    return text


def layer_widths(text: str) -> tuple[int, ...]:
    """The type of `--projector`: widths with commas between them."""
    try:
        return tuple(at_least(1)(part) for part in text.split(","))
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not widths from 1 on with commas, such as 64,64") from error


def add_by_trainer(parser: argparse.ArgumentParser) -> None:
    """The trainer, its schedule, and what only some take; None where the trainer's own default is meant."""
    parser.add_argument(
        "--trainer",
        choices=TRAINERS,
        default="supervised",
        help="supervised; ssl, without labels; transfer, to new classes with few labels (%(default)s)",
    )
    parser.add_argument(
        "--from", type=Path, metavar="MODEL.pt", help="transfer: the trained model to begin with, of t2c train"
    )
    parser.add_argument("--epochs", type=at_least(0), help="times through the images (10; ssl 20, transfer 30)")
    parser.add_argument("--rate", type=number(zero=False), help="peak learning rate (4e-3; ssl 2e-3, transfer 4e-3)")
    parser.add_argument("--batch", type=at_least(1), help="images a step (64; ssl 64, transfer 32)")
    parser.add_argument("--decay", type=number(zero=True), help="weight decay (1e-4)")
    parser.add_argument("--shift", type=at_least(0), help="move images at random by up to so many pixels (1)")
    parser.add_argument("--per-class", type=at_least(1), help="transfer: labelled images of each class (all)")
    parser.add_argument("--encoder-rate", type=fraction, help="transfer: of all layers but the last, times --rate (1)")
    parser.add_argument("--loss", type=loss_name, help=f"ssl: {', '.join(SSL_LOSS_NAMES)} or FILE.py:NAME (barlow)")
    parser.add_argument("--strength", type=fraction, help="ssl: of what makes views of images, 0..1 (1)")
    parser.add_argument("--projector", type=layer_widths, help="ssl: widths of the projector's layers (64,64)")
    parser.add_argument("--slim", type=fraction, help="ssl: share of the weights in xd's second encoder (0.5)")


def check_taken(options: argparse.Namespace) -> None:
    """Refuse options of other trainers, and a model from nowhere or from two places.

    Raises:
        RangeError: the message names the option.
    """
    kind, takes = options.trainer, TAKES[options.trainer]
    for name in dict.fromkeys(name for names in TAKES.values() for name in names):
        if name not in takes and getattr(options, name) not in (None, []):
            use = ", ".join(f"--{one.replace('_', '-')}" for one in takes)
            raise RangeError(f"--{name.replace('_', '-')}: not an option of trainer {kind}; it takes {use}")
    source = getattr(options, "from")
    if source is None and options.model is None:
        raise RangeError("--model: which one? (transfer takes --from a file instead)")
    if source is not None and options.width is not None:
        raise RangeError("--width: the file of --from has one already")


def given(options: argparse.Namespace) -> dict[str, Any]:
    """What the trainer is told: its schedule and its own options, as far as the user said."""
    names = {*SCHEDULE, *TAKES[options.trainer]} - {"from", "pruner", "sparsity", "dense"}
    return {name: value for name in sorted(names) if (value := getattr(options, name)) is not None}


@contextmanager
def naming_trainer(options: argparse.Namespace) -> Iterator[None]:
    """Inside, what a trainer refuses is the fault of an option."""
    own = {f"{name}: ": f"--{name.replace('_', '-')}: " for name in (*SCHEDULE, *TAKES[options.trainer])}
    try:
        with naming("--model", UnsupportedError), naming("--loss", UserError):
            yield
    except CheckpointError:
        raise
    except RangeError as error:
        text = str(error)
        found = next((name for name in own if text.startswith(name)), None)
        raise RangeError(f"{own[found]}{text.removeprefix(found)}" if found else f"--data: {text}") from error
