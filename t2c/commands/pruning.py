"""Options of `t2c train` and `t2c quantize` that prune. Nothing here loads torch before it is called."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from t2c.commands.training import naming
from t2c.commands.values import Repeated, number
from t2c.golden.errors import RangeError, ShapeError

if TYPE_CHECKING:
    from torch import nn

    from t2c.pruners import Pruner
    from t2c.trainers.sparsifier import Sparsifier

SHIPPED = ("magnitude", "granet", "2:4", "1:4", "channel", "keep")
"""The names that `t2c.pruners` registers; any other N:M is made as it is asked for."""


def pruner_name(text: str) -> str:
    """The type of `--pruner`; a name that is known here does not load torch."""
    if text not in SHIPPED and not re.fullmatch(r"\d+:\d+", text):
        from t2c.pruners import PRUNERS

        if PRUNERS.find(text) is None:
            known = ", ".join(PRUNERS.names())
            raise argparse.ArgumentTypeError(f"no pruner {text!r}; there are {known} and any N:M")
    return text


def add_pruning(parser: argparse.ArgumentParser) -> None:
    """Which pruner, how much, and what it leaves alone."""
    parser.add_argument("--pruner", type=pruner_name, help=f"{', '.join(SHIPPED)}, any N:M, or a plug-in's (none)")
    parser.add_argument("--sparsity", type=number(zero=True), help="fraction of the weights that becomes 0 (0.5)")
    parser.add_argument(
        "--dense",
        action=Repeated,
        default=[],
        metavar="LAYER",
        help="a layer that is not pruned, * for anything (the first); may be repeated",
    )


def chosen_pruner(options: argparse.Namespace, default: str | None = None) -> dict[str, Any]:
    """What the trainers are told: pruner and dense layers; nothing if there is no pruner.

    Args:
        options: of `add_pruning`.
        default: the pruner if the user named none.

    Raises:
        LookupError, RangeError: the message names the option.
    """
    from t2c.pruners import find_pruner

    for name in ("sparsity", "dense"):
        if options.pruner is None and getattr(options, name) not in (None, []):
            raise RangeError(f"--{name}: of a pruner, and there is no --pruner")
    chosen: str | None = options.pruner or default
    if chosen is None:
        return {}
    try:
        with naming("--pruner", LookupError):
            pruner: Pruner = find_pruner(chosen, options.sparsity)
    except RangeError as error:
        raise RangeError(f"--{'' if str(error).startswith('sparsity: ') else 'pruner: '}{error}") from error
    return {"pruner": pruner, "dense": options.dense or None}


@contextmanager
def naming_pruning() -> Iterator[None]:
    """Inside, a layer that a pruner does not fit is the fault of `--pruner`, one that is not there of `--dense`."""
    with naming("--pruner", ShapeError), naming("--dense", LookupError, without="dense: "):
        yield


def pruned_text(sparsifier: Sparsifier, before: int, model: nn.Module) -> str:
    """A line for people; before: parameters of the model before it was pruned."""
    if sparsifier.pruner.structured:
        return f"pruned    to {sum(parameter.numel() for parameter in model.parameters()):,} of {before:,} parameters"
    zeros, weights = _zeros(sparsifier)
    return f"pruned    {zeros:,} of {weights:,} weights are 0, {zeros / weights:.1%}"


def pruned_meta(sparsifier: Sparsifier, model: nn.Module) -> dict[str, Any]:
    """What the file of a pruned model says: the zeros that are to be held, or the shapes that its layers have now."""
    if sparsifier.pruner.structured:
        return {"shapes": {name: list(tensor.shape) for name, tensor in model.state_dict().items()}}
    return {"zeros": _zeros(sparsifier)[0]}


def _zeros(sparsifier: Sparsifier) -> tuple[int, int]:
    masks = sparsifier.masks().values()
    return sum(int((~mask).sum()) for mask in masks), sum(mask.numel() for mask in masks)
