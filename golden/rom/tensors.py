"""The constant tensors of a node as memory contents: what `make roms` and `t2c export` write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError
from t2c.golden.graph.node import Node
from t2c.golden.rom.image import load_rom, save_rom
from t2c.golden.rom.text import RomFormat
from t2c.golden.rom.words import RomLayout


@dataclass(frozen=True, kw_only=True, eq=False)
class ConstantTensor:
    """One constant of a node.

    name: weight, multiplier, bias, shift, exp, table, entries or operand; values: int64; layout: declared width, sign
    and lanes; axes: one letter an axis, slowest first. An add has two multipliers, of its operands in order.
    """

    name: str
    values: IntArray
    layout: RomLayout
    axes: str


def constant_tensors(node: Node, *, lanes: int = 1) -> tuple[ConstantTensor, ...]:
    """Return the constants of a node at their declared widths; none for max pooling and for what moves no number.

    Args:
        node: any node; lanes: weights per memory word.

    Raises:
        RangeError: lanes outside its range.
    """
    return tuple(
        ConstantTensor(
            name=constant.name,
            values=constant.values,
            layout=RomLayout(
                bits=constant.storage.bits,
                signed=constant.storage.signed,
                lanes=lanes if constant.storage.packed else 1,
            ),
            axes=constant.storage.axes,
        )
        for constant in node.constants
    )


def tensor_roms(node: Node, folder: Path, lanes: int, formats: Sequence[RomFormat]) -> int:
    """Write the constants of one node in every format, re-read each, and return the number of images.

    Args:
        node: any node; folder: an existing folder, gets `<constant>.<format>` with a manifest beside each;
        lanes: weights per memory word.

    Raises:
        PackageError: an image does not re-read to the same integers.
    """
    tensors = constant_tensors(node, lanes=lanes)
    for tensor in tensors:
        for fmt in formats:
            image = folder / f"{tensor.name}.{fmt.value}"
            save_rom(image, tensor.values, tensor.layout, fmt, axes=tensor.axes)
            if not np.array_equal(load_rom(f"{image}.json"), tensor.values):
                raise PackageError(f"{image}: the image does not re-read to the same integers")
    return len(tensors) * len(formats)
