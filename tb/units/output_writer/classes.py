"""Classes of the cycles of the output writer: one input for each cycle that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.tb.components.bins import BoolArray, Classes, Coverage, names
from t2c.tb.components.value_classes import bit_classes
from t2c.tb.units.output_writer.model import WriterWord

STARTS = ("start in the middle of a layer", "start beside a word", "reset in the middle of a layer")
PIXEL_BITS = 22
"""Bits of the pixel counter that the bench moves; none above: 2^22 pixels take too long."""


@dataclass(frozen=True, kw_only=True)
class WriterSeen:
    """What a cycle shows. at: the place of the word that comes, or would come; valid: it does."""

    at: WriterWord | None
    valid: bool


def classes(seen: Sequence[WriterSeen], groups: int, addr_w: int) -> Classes:
    """Which cycles are in which class.

    Args:
        seen: one for each cycle.
        groups, addr_w: GROUPS, ADDR_W.
    """
    comes = np.array([one.at is not None and one.valid for one in seen], dtype=bool)
    stands = np.array([one.at is not None and not one.valid for one in seen], dtype=bool)

    def number(of: Callable[[WriterWord], int]) -> IntArray:
        return np.array([of(one.at) if one.at else 0 for one in seen], dtype=np.int64)

    def flag(of: Callable[[WriterWord], bool]) -> BoolArray:
        holds: BoolArray = comes & np.array([bool(one.at and of(one.at)) for one in seen], dtype=bool)
        return holds

    last_pixel = flag(lambda at: at.pixel == at.layer.pixels - 1)
    last_image = flag(lambda at: at.image == at.layer.images - 1)
    last_group = flag(lambda at: at.group == groups - 1)
    return {
        "word": {"word": comes, "no word": stands},
        "step": {
            "to the next pixel": comes & ~last_pixel,
            "to the next image": last_pixel & ~last_image,
            "to the next group": last_pixel & last_image & ~last_group,
            "to the next memory word": last_pixel & last_image & last_group,
        },
        "pixels": bit_classes("pixel", number(lambda at: at.pixel), PIXEL_BITS, comes),
        "images": bit_classes("image", number(lambda at: at.image), 16, comes),
        "memory words": bit_classes("memory word", number(lambda at: at.tile // groups), 8, comes),
        "groups": {
            "first group": flag(lambda at: at.group == 0),
            "last group": last_group,
            "group between": comes & ~last_group & flag(lambda at: at.group > 0),
        },
        "counts": {
            "one pixel": flag(lambda at: at.layer.pixels == 1),
            "one image": flag(lambda at: at.layer.images == 1),
            **{
                f"bit {k} of the number of pixels": flag(lambda at, k=k: at.layer.pixels >> k & 1 == 1)  # type: ignore[misc]
                for k in range(24)
            },
            **{
                f"bit {k} of the number of images": flag(lambda at, k=k: at.layer.images >> k & 1 == 1)  # type: ignore[misc]
                for k in range(16)
            },
        },
        "steps": {
            f"{name} {sign}": flag(lambda at, name=name, sign=sign: _moved(at, name, sign))  # type: ignore[misc]
            for name in ("step", "image_step")
            for sign in ("negative", "positive", "0")
        },
        "address": bit_classes("address", number(lambda at: at.address % (1 << addr_w)), addr_w, comes),
        "address wraps": {
            "above": flag(lambda at: at.address >= 1 << addr_w),
            "below 0": flag(lambda at: at.address < 0),
        },
    }


def _moved(at: WriterWord, name: str, sign: str) -> bool:
    """Whether a step of that sign has been taken on the way to the word."""
    step, taken = getattr(at.layer, name), (at.pixel if name == "step" else at.image) > 0
    return taken and sign == ("negative" if step < 0 else "positive" if step else "0")


def cover_unit(parameters: Mapping[str, int]) -> Coverage:
    """All bins of the unit."""
    groups = parameters["GROUPS"]
    made = Coverage(names(classes((), groups, parameters["ADDR_W"])))
    made.declare({"start": STARTS})
    if groups == 1:
        made.exclude("step", "to the next group", "there is one")
    if groups <= 2:
        made.exclude("groups", "group between", "there are no three")
    if parameters["ADDR_W"] == 1:
        for name in ("step", "image_step"):
            made.exclude("steps", f"{name} positive", "a signed bit is 0 or -1")
    return made
