"""Options of `t2c quantize` that only some methods and their trainers take. Nothing here loads torch."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from t2c.commands.values import at_least, fraction, number
from t2c.golden.errors import RangeError

if TYPE_CHECKING:
    from t2c.methods import Method

TAKES = {
    "ptq": (),
    "reconstruct": ("iterations", "rate", "batch"),
    "qat": ("epochs", "rate", "batch", "decay", "shift"),
    "profit": ("epochs", "rate", "batch", "decay", "shift", "distill"),
    "admm": ("epochs", "rate", "batch", "decay", "shift", "rho"),
}
"""Which options say how to train, by the training of the method, or what `--trainer` puts in its place."""


REASONS = {
    "ptq": "calibrates only",
    "reconstruct": "reconstructs",
    "qat": "trains on labels",
    "profit": "trains on labels in phases",
    "admm": "trains on labels by admm",
}

BY_LABELS = ("qat", "admm")
"""Trainers of a method whose training is qat."""


def add_by_method(parser: argparse.ArgumentParser) -> None:
    """The trainer, and how it trains; None where its own default is meant."""
    parser.add_argument(
        "--trainer", choices=BY_LABELS, help="of methods that train on labels; admm pulls weights to their levels (qat)"
    )
    parser.add_argument("--share", type=fraction, help="of msq: of a layer's filters, those that are SP2, 0..1 (0.5)")
    parser.add_argument("--epochs", type=at_least(0), help="of methods that train on labels (10)")
    parser.add_argument("--iterations", type=at_least(1), help="a layer or block, of methods that reconstruct (100)")
    parser.add_argument(
        "--rate", type=number(zero=False), help="learning rate (1e-3; reconstruction 5e-2; profit 2e-3)"
    )
    parser.add_argument("--batch", type=at_least(1), help="images a step (64; reconstruction 32)")
    parser.add_argument("--decay", type=number(zero=True), help="weight decay (0; profit 4e-5)")
    parser.add_argument("--shift", type=at_least(0), help="move images at random by up to so many pixels (1)")
    parser.add_argument(
        "--distill", type=fraction, help="of the loss, the float model's answers, of profit, 0..1 (0.5)"
    )
    parser.add_argument("--rho", type=number(zero=False), help="how hard admm pulls weights to their levels (1)")
    parser.add_argument("--live-bn", action="store_true", help="train with BatchNorm live, fuse it then (profit does)")


def shared(options: argparse.Namespace, method: Method) -> Method:
    """The method with the share of SP2 that was given; raise RangeError for a method without one."""
    if options.share is None:
        return method
    from t2c.methods import with_share
    from t2c.quantisers import MSQ

    if method.weight is not MSQ:
        raise RangeError(f"--share: method {method.name} has filters of one kind; it is an option of msq")
    return with_share(method, options.share)


def trained_by(options: argparse.Namespace, method: Method) -> str:
    """The key of TAKES; raise RangeError for a trainer that is not one of the method's."""
    if options.trainer is None:
        return method.training
    if method.training != "qat":
        raise RangeError(f"--trainer: method {method.name} {REASONS[method.training]}; it takes none")
    chosen: str = options.trainer
    return chosen


def given(options: argparse.Namespace, method: Method, kind: str) -> dict[str, Any]:
    """The trainer's options that were given; raise RangeError for one that it has no use for. kind: `trained_by`."""
    reason = REASONS[kind]
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for names in TAKES.values() for name in names):
        value = getattr(options, name)
        if value is None:
            continue
        if name not in TAKES[kind]:
            use = ", ".join(f"--{one}" for one in TAKES[kind]) or "none of these options"
            raise RangeError(f"--{name}: method {method.name} {reason}; it takes {use}")
        found[name] = value
    if options.calibration_images is not None:
        found["images"] = options.calibration_images
    return found


def live_norms(options: argparse.Namespace, method: Method) -> dict[str, Any]:
    """What tells the fuser to leave BatchNorm live; raise RangeError where nothing would train it."""
    if options.live_bn and method.training not in ("qat", "profit"):
        raise RangeError(f"--live-bn: method {method.name} {REASONS[method.training]}, which moves no BatchNorm")
    return {"live_bn": True} if options.live_bn or method.training == "profit" else {}
