"""Data sets by name, as `--data` takes them: drawn and small ones, and directories such as cifar10:<directory>."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from t2c.data.split import Splits
from t2c.golden.errors import RangeError


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What may be asked of any set; None leaves it to the set.

    limit: no more training images, calibration ones included, and no more test images than this; size: height and
    width, for sets that can be scaled; seed: of the split, or of the images where they are drawn.
    """

    limit: int | None = None
    size: int | None = None
    seed: int | None = None

    def given(self, *names: str) -> dict[str, int]:
        """Those of the names that were asked for, as keyword arguments."""
        return {name: value for name in names if (value := getattr(self, name)) is not None}


def _digits32(directory: str, wishes: Wishes) -> Splits:
    from t2c.data.resize import resized

    return resized(_digits(directory, wishes), size=32, channels=3)


def _digits(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import digits  # scikit-learn loads only here

    splits = digits.load(**wishes.given("seed"))
    if wishes.limit is None:
        return splits
    held = min(len(splits.calibration), max(1, wishes.limit // 10))
    return Splits(
        train=splits.train.head(wishes.limit - held),
        calibration=splits.calibration.head(held),
        test=splits.test.head(wishes.limit),
    )


def _glyphs(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import glyphs

    return _drawn(glyphs, wishes)


def _runes(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import runes

    return _drawn(runes, wishes)


def _jets(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import jets

    return _drawn(jets, wishes)


def _drawn(alphabet: Any, wishes: Wishes) -> Splits:
    """Of a module with `load` and the usual sizes."""
    if wishes.limit is None:
        drawn: Splits = alphabet.load(**wishes.given("seed"))
        return drawn
    held = min(alphabet.CALIBRATION, max(1, wishes.limit // 10))
    train, test = min(alphabet.TRAIN, wishes.limit - held), min(alphabet.TEST, wishes.limit)
    drawn = alphabet.load(train, held, test, **wishes.given("seed"))
    return drawn


def _cifar10(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import cifar10

    return cifar10.load(directory, **wishes.given("seed", "limit"))


def _cifar100(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import cifar100

    return cifar100.load(directory, **wishes.given("seed", "limit"))


def _folder(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import folder  # Pillow loads only when it decodes

    return folder.load(directory, **wishes.given("seed", "limit", "size"))


def _images(directory: str, wishes: Wishes) -> Splits:
    from t2c.data import folder

    return folder.load_unlabelled(directory, **wishes.given("limit", "size"))


SETS: dict[str, Callable[[str, Wishes], Splits]] = {
    "digits": _digits,
    "digits32": _digits32,
    "glyphs": _glyphs,
    "runes": _runes,
    "jets": _jets,
    "cifar10": _cifar10,
    "cifar100": _cifar100,
    "folder": _folder,
    "images": _images,
}
ON_DISK = ("cifar10", "cifar100", "folder", "images")
"""Sets that need a directory after a colon."""

SCALABLE = ("folder", "images")

NAMES = tuple(f"{name}:<directory>" if name in ON_DISK else name for name in SETS)
"""What can be asked for, for help and messages."""


def load_set(name: str, wishes: Wishes | None = None) -> Splits:
    """Load a data set.

    Args:
        name: one of NAMES, with the directory of the files where one is wanted.
        wishes: limits, size and seed; the set's own if None.

    Raises:
        RangeError: no such set, a directory missing or one too many, a size for a set that has one of its own, a limit
            below 2; and what the loaders raise for damaged files.
        FileNotFoundError: files or folders are missing.
        ModuleNotFoundError: scikit-learn or Pillow is not installed.
    """
    wishes = wishes or Wishes()
    kind, colon, directory = name.partition(":")
    if kind not in SETS:
        raise RangeError(f"data = {name!r} is not one of {', '.join(NAMES)}")
    if (kind in ON_DISK) != bool(directory) or (colon and kind not in ON_DISK):
        wanted = f"{kind}:<directory>" if kind in ON_DISK else f"{kind}, without a directory"
        raise RangeError(f"data = {name!r}: it is {wanted}")
    if wishes.size is not None and kind not in SCALABLE:
        raise RangeError(f"size = {wishes.size}: the images of {kind} have a size of their own")
    if wishes.limit is not None and wishes.limit < 2:
        raise RangeError(f"limit = {wishes.limit} is below 2, one image to train with and one to calibrate")
    return SETS[kind](directory, wishes)
