"""The constant tensors of a node as memory contents: what `make roms` and `t2c export` write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import MAX_SHIFT
from t2c.golden.errors import PackageError
from t2c.golden.graph.node import AccumulatingNode, Node
from t2c.golden.graph.nodes import Add, Conv2d, Linear
from t2c.golden.graph.table_nodes import Pointwise, Softmax
from t2c.golden.rom.image import load_rom, save_rom
from t2c.golden.rom.text import RomFormat
from t2c.golden.rom.words import RomLayout

SHIFT_BITS = MAX_SHIFT.bit_length()
"""SHIFT_W of docs/arithmetic.md section 1."""

_AXES = {"conv2d": "OIHW", "linear": "OI"}


@dataclass(frozen=True, kw_only=True, eq=False)
class ConstantTensor:
    """One constant of a node.

    name: weight, multiplier, bias, shift, exp or table; values: int64; layout: declared width, sign and lanes;
    axes: one letter an axis, slowest first. An add has two multipliers, of its operands in order.
    """

    name: str
    values: IntArray
    layout: RomLayout
    axes: str


def constant_tensors(node: Node, *, lanes: int = 1) -> tuple[ConstantTensor, ...]:
    """Return the constants of a node at their declared widths; none for max pooling and for flatten.

    Args:
        node: any node; lanes: weights per memory word.

    Raises:
        RangeError: lanes outside its range.
    """
    found = []
    if isinstance(node, (Conv2d, Linear)):
        layout = RomLayout(bits=node.weight_bits, signed=True, lanes=lanes)
        found.append(ConstantTensor(name="weight", values=node.weight, layout=layout, axes=_AXES[node.op]))
    if isinstance(node, Softmax):
        layout = RomLayout(bits=node.softmax.exponent_bits, signed=False)
        found.append(ConstantTensor(name="exp", values=node.softmax.exp, layout=layout, axes="X"))
    if isinstance(node, Pointwise):
        layout = RomLayout(bits=node.pointwise.output.bits, signed=node.pointwise.output.signed)
        found.append(ConstantTensor(name="table", values=node.pointwise.entries, layout=layout, axes="X"))
    if isinstance(node, AccumulatingNode):
        quant, widths, axes = node.mulquant, node.mulquant.widths, "O"
        multiplier, bias, shift = quant.multiplier, quant.bias, quant.shift
    elif isinstance(node, Add):
        add, widths, axes = node.addquant, node.addquant.widths, "I"
        multiplier = np.array([add.multiplier_a, add.multiplier_b], np.int64)
        bias, shift = np.array([add.bias], np.int64), np.array([add.shift], np.int64)
    else:
        return tuple(found)
    for name, values, bits, signed, letters in (
        ("multiplier", multiplier, widths.scale, True, axes),
        ("bias", bias, widths.bias, True, "O"),
        ("shift", shift, SHIFT_BITS, False, "O"),
    ):
        layout = RomLayout(bits=bits, signed=signed)
        found.append(ConstantTensor(name=name, values=values, layout=layout, axes=letters))
    return tuple(found)


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
