"""The table that a table unit runs with: made for its bench, a user's own, or a node's of a package."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.formats import IntArray, IntFormat
from golden.graph import Graph
from golden.lut import FUNCTIONS, exp_table, pointwise_table
from golden.pointwise import PointwiseTable
from golden.rounding import Rounding
from golden.softmax import EXPONENT_BITS, SoftmaxTable, safe_reciprocal_bits
from golden.table_nodes import Pointwise, Softmax
from tb.errors import UserError

FILE = "table.hex"
"""Name of the table in the folder of a run."""
RANDOM = "random"
LEAST_LAST = 3
"""What a table made for the bench of lut_softmax holds in its last entry: what lies beyond it is told from 0."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitTable:
    """entries: the bit patterns; parameters: of the unit, as the table asks for them."""

    entries: IntArray
    parameters: Mapping[str, int]

    def write(self, folder: Path) -> Path:
        """Write the table for $readmemh and return its path."""
        path = folder / FILE
        path.write_text("".join(f"{entry:x}\n" for entry in self.entries.tolist()))
        return path


def _softmax(table: SoftmaxTable, x_w: int) -> UnitTable:
    depth_w = table.depth.bit_length() - 1
    parameters = {
        "X_W": max(x_w, depth_w),
        "DEPTH_W": depth_w,
        "E_W": table.exponent_bits,
        "OUT_W": table.output_bits,
        "R_W": table.reciprocal_bits,
    }
    return UnitTable(entries=table.exp, parameters=parameters)


def _pointwise(table: PointwiseTable) -> UnitTable:
    parameters = {"X_W": table.input_bits, "OUT_W": table.output.bits}
    return UnitTable(entries=table.entries & ((1 << table.output.bits) - 1), parameters=parameters)


def named_table(unit: str, name: str, parameters: Mapping[str, int], seed: int) -> UnitTable:
    """Make a table for parameters that are given.

    Args:
        unit: lut_softmax or lut_pointwise.
        name: "exp" or "random" for the first, "random" or a function of golden.lut for the second; "" for the first of
            these.
        parameters: of the unit, all of them.
        seed: of random entries.

    Raises:
        UserError: no such table; the message lists the names.
    """
    rng = np.random.default_rng(seed)
    names = ("exp", RANDOM) if unit == "lut_softmax" else (RANDOM, *FUNCTIONS)
    if name and name not in names:
        raise UserError(f"TABLE = {name!r} is no file and not one of {', '.join(names)}")
    name = name or names[0]
    if unit == "lut_softmax":
        bits, depth = parameters["E_W"], 1 << parameters["DEPTH_W"]
        top = (1 << bits) - 1
        scale = math.log(top / LEAST_LAST) / (depth - 1)
        exp = exp_table(scale=scale, depth=depth, exponent_bits=bits)
        if name == RANDOM:
            exp = rng.integers(0, top + 1, depth)
            exp[0] = max(1, exp[0])
        return UnitTable(entries=exp, parameters={})
    x, y = (IntFormat(bits=parameters[width], signed=True) for width in ("X_W", "OUT_W"))
    if name == RANDOM:
        return UnitTable(entries=rng.integers(0, 1 << y.bits, 1 << x.bits), parameters={})
    steps = {"x_scale": 8.0 / -x.lo, "y_scale": 1.0 / -y.lo}
    if name in ("gelu", "silu"):
        steps["y_scale"] *= 8.0
    return UnitTable(entries=_pointwise(pointwise_table(FUNCTIONS[name], x=x, y=y, **steps)).entries, parameters={})


def table_from_file(unit: str, path: Path, parameters: Mapping[str, int]) -> UnitTable:
    """Read a user's own table: one hexadecimal entry a line; empty lines and // comments do not count.

    The table says how wide it is: entries have the bits of the largest one, at least as many as the unit allows.

    Raises:
        UserError: the file cannot be read, or holds no such table; the message names the line or the rule.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"TABLE = {path}: {error}") from error
    entries = []
    for number, line in enumerate(lines, 1):
        word = line.partition("//")[0].strip()
        if word and not re.fullmatch(r"[0-9a-fA-F]{1,8}", word):
            raise UserError(f"TABLE: {path}:{number}: {word!r} is not a hexadecimal entry")
        entries += [int(word, 16)] if word else []
    values = np.array(entries, dtype=np.int64)
    bits = int(values.max()).bit_length() if entries else 0
    try:
        if unit == "lut_softmax":
            e_w, out_w = max(bits, EXPONENT_BITS[0]), parameters["OUT_W"]
            reciprocal = safe_reciprocal_bits(e_w, out_w)
            table = SoftmaxTable(exp=values, exponent_bits=e_w, output_bits=out_w, reciprocal_bits=reciprocal)
            return _softmax(table, parameters["X_W"])
        return _pointwise(PointwiseTable(entries=values, output=IntFormat(bits=max(bits, 2), signed=False)))
    except ValueError as error:
        raise UserError(f"TABLE: {path}: {error}") from error


def table_from_node(unit: str, graph: Graph, layer: str) -> UnitTable:
    """Take the table, and the unit's parameters, of a node.

    Raises:
        UserError: the node has no table for this unit, or wants a rounding that the unit does not have.
        KeyError: no such node; the message lists the names.
    """
    node = graph.node(layer)
    if unit == "lut_softmax" and isinstance(node, Softmax):
        if node.softmax.rounding not in (Rounding.HALF_UP, Rounding.HALF_AWAY):
            raise UserError(f"LAYER = {layer!r}: rounding {node.softmax.rounding.value}; {unit} has half_up")
        return _softmax(node.softmax, graph.inputs_of(node)[0].bits)
    if unit == "lut_pointwise" and isinstance(node, Pointwise):
        return _pointwise(node.pointwise)
    raise UserError(f"LAYER = {layer!r} is a {node.op}; UNIT = {unit} takes a {unit.removeprefix('lut_')}")


def read_entries(folder: Path = Path()) -> IntArray:
    """What `UnitTable.write` wrote into the folder of a run."""
    return np.array([int(line, 16) for line in (folder / FILE).read_text().split()], dtype=np.int64)
