"""How the values of options are read: types that refuse with one line, and options that argparse does not have."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from typing import Any

from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.errors import RangeError


def at_least(least: int) -> Callable[[str], int]:
    """The type of an option that is an integer, not below `least`."""

    def whole(text: str) -> int:
        if not text.strip().lstrip("-").isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not an integer from {least} on")
        return int(text)

    return whole


def number(*, zero: bool) -> Callable[[str], float]:
    """The type of an option that is a positive number, or 0 if that is allowed."""

    def real(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (0.0 < value < math.inf or (zero and value == 0.0)):
            raise argparse.ArgumentTypeError(f"{text!r} is not {'0 or ' if zero else ''}a positive number")
        return value

    return real


def fraction(text: str) -> float:
    """The type of an option from 0 to 1."""
    value = number(zero=True)(text)
    if value > 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not in 0..1")
    return value


class Repeated(argparse.Action):
    """An option that may be given several times; the values are a list, which replaces that of a file."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        so_far = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if so_far is self.default else so_far), values])


def bits(text: str) -> int:
    """The type of a width."""
    if not re.fullmatch("[2-8]", text.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from 2 to 8")
    return int(text)


def residual_bits(text: str) -> int:
    """The type of `--residual-bits`."""
    if not re.fullmatch("[2-9]|1[0-6]", text.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from 2 to 16")
    return int(text)


def bits_or_none(text: str) -> int | str:
    """The type of `--first-last-bits`."""
    return text if text == "none" else bits(text)


def layer_bits(text: str) -> tuple[str, int | None, int | None]:
    """The type of `--layer-bits`: a layer, the bits of its weights, the bits of its output."""
    found = re.fullmatch("([^=/]+)=([^=/]*)/([^=/]*)", text)
    if not found or not (found[2] or found[3]):
        raise argparse.ArgumentTypeError(f"{text!r} is not LAYER=WEIGHT/ACTIVATION, such as conv1=8/4, fc=8/ or x=/8")
    return found[1], bits(found[2]) if found[2] else None, bits(found[3]) if found[3] else None


def reference(text: str) -> tuple[str, str]:
    """The type of `--reference`: a layer or op:KIND, and where its function is."""
    layer, sign, where = text.partition("=")
    if not sign or not layer or not where.rpartition(":")[0]:
        raise argparse.ArgumentTypeError(f"{text!r} is not LAYER=FILE.py:FUNCTION, such as conv1=my_chip.py:conv")
    return layer, where


def mulquant(text: str) -> tuple[int, int] | str:
    """The type of `--mulquant`: integer and fraction bits, or the name of another way."""
    if text in ("normalized", "power_of_two"):
        return text
    found, limit = re.fullmatch(r"fixed:(\d+),(\d+)", text), Widths().scale
    if not found or int(found[1]) < 1 or not 2 <= int(found[1]) + int(found[2]) <= limit:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither normalized nor power_of_two nor fixed:INT,FRAC with INT >= 1 and "
            f"INT + FRAC in 2..{limit}"
        )
    return int(found[1]), int(found[2])


def accumulator(text: str) -> Widths:
    """The type of `--acc-bits`."""
    try:
        return Widths(acc=at_least(1)(text))
    except RangeError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class ChannelOrTensor(argparse.BooleanOptionalAction):
    """`--per-channel` or `--per-tensor`; in a file, per_channel is true or false."""

    def __init__(self, option_strings: list[str], dest: str, **options: Any) -> None:
        argparse.Action.__init__(self, option_strings, dest, nargs=0, **options)

    def __call__(self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: Any = None) -> None:
        setattr(namespace, self.dest, option_string != "--per-tensor")
