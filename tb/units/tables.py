"""The table that a table unit runs with: made for its bench, a user's own, or a node's of a package."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from t2c.common.errors import SettingError
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.lut import FUNCTIONS, exp_table, pointwise_table
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable, safe_reciprocal_bits
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.graph import Graph

FILE = "table.hex"
"""Name of the table in the folder of a run."""
RANDOM, RISING = "random", "rising"
NO_LAYER = "list"
"""The layer where the command line gives none."""
TABLE_UNITS = ("lut_softmax", "lut_pointwise")
_NAMES = {"lut_softmax": (RISING, "exp", RANDOM), "lut_pointwise": (RANDOM, *FUNCTIONS)}
"""Tables that `named_table` makes, by unit; the first is what a bench runs with."""
TABLE_NAMES = tuple(dict.fromkeys(name for unit in TABLE_UNITS for name in _NAMES[unit]))


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitTable:
    """entries: bit patterns; parameters: of the unit, as the table asks for them; settings: how it was asked for."""

    entries: IntArray
    parameters: Mapping[str, int] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write the table for $readmemh and return its path."""
        path = folder / FILE
        path.write_text("".join(f"{entry:x}\n" for entry in self.entries.tolist()))
        return path


@dataclass(frozen=True, kw_only=True)
class TableChoice:
    """What the command line says: a table, or a model and a layer. seed: of random entries."""

    table: str
    model: str
    layer: str
    seed: int


def choose_table(unit: str, parameters: Mapping[str, int], choice: TableChoice) -> UnitTable | None:
    """Return the table that was asked for; None if nothing was, or the unit has none.

    Args:
        unit: any unit; parameters: its own, all of them.
        choice: the table is a file or a name of `named_table`; a layer other than "list" is a node of the model.

    Raises:
        SettingError: a unit without a table, both at once, or a table that cannot be used.
        PackageError, KeyError: no such package, no such node.
    """
    named, from_node = bool(choice.table), choice.layer != NO_LAYER
    if not named and not from_node:
        return None
    if unit not in TABLE_UNITS:
        name = "{table}" if named else "{layer}"
        raise SettingError(
            name + ": {unit} = {given} has no table; {units} have", {"given": unit, "units": " and ".join(TABLE_UNITS)}
        )
    if named and from_node:
        raise SettingError(
            "{table} = {choice.table!r} and {layer} = {choice.layer!r}: one table, please", {"choice": choice}
        )
    if from_node:
        path, package = open_package(choice.model)
        found = table_from_node(unit, package.graph, choice.layer)
        return replace(found, settings={"model": str(path), "layer": choice.layer})
    path = Path(choice.table)
    if path.is_file():
        found = table_from_file(unit, path, parameters)
    else:
        found = named_table(unit, choice.table, parameters, choice.seed)
    return replace(found, settings={"table": choice.table})


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
        name: for lut_softmax "rising" (exponentials from 1 up: Σe and r take every width, and what lies beyond the
            table is told from 0), "exp" (falling, as they should) or "random"; for lut_pointwise "random" (an address
            is told from any other) or a function of t2c.golden.arithmetic.lut; "" for the first.
        parameters: of the unit, all of them.
        seed: of random entries.

    Raises:
        SettingError: no such table; the message lists the names.
    """
    rng = np.random.default_rng(seed)
    names = _NAMES[unit]
    if name and name not in names:
        raise SettingError(
            "{table} = {name!r} is no file and not one of {names}", {"name": name, "names": ", ".join(names)}
        )
    name = name or names[0]
    if unit == "lut_softmax":
        bits, depth = parameters["E_W"], 1 << parameters["DEPTH_W"]
        top = (1 << bits) - 1
        exp = exp_table(scale=math.log(top) / (depth - 1), depth=depth, exponent_bits=bits)
        if name == RISING:
            exp = exp[::-1]
        if name == RANDOM:
            exp = rng.integers(0, top + 1, depth)
            exp[0] = max(1, exp[0])
        return UnitTable(entries=exp)
    x, y = (IntFormat(bits=parameters[width], signed=True) for width in ("X_W", "OUT_W"))
    if name == RANDOM:
        return UnitTable(entries=rng.integers(0, 1 << y.bits, 1 << x.bits))
    steps = {"x_scale": 8.0 / -x.lo, "y_scale": 1.0 / -y.lo}
    if name in ("gelu", "silu"):
        steps["y_scale"] *= 8.0
    return UnitTable(entries=_pointwise(pointwise_table(FUNCTIONS[name], x=x, y=y, **steps)).entries)


def table_from_file(unit: str, path: Path, parameters: Mapping[str, int]) -> UnitTable:
    """Read a user's own table: one hexadecimal entry a line; empty lines and // comments do not count.

    The unit is built for as many entries as there are, and with wider ones than its parameters say where they need it.

    Raises:
        SettingError: the file cannot be read, or holds no such table; the message names the line or the rule.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("{table} = {path}: {error}", {"path": path, "error": error}) from error
    entries = []
    for number, line in enumerate(lines, 1):
        word = line.partition("//")[0].strip()
        if word and not re.fullmatch(r"[0-9a-fA-F]{1,8}", word):
            raise SettingError(
                "{table}: {place}: {word!r} is not a hexadecimal entry", {"place": f"{path}:{number}", "word": word}
            )
        entries += [int(word, 16)] if word else []
    values = np.array(entries, dtype=np.int64)
    bits = max(entries, default=0).bit_length()
    try:
        if unit == "lut_softmax":
            e_w, out_w = max(bits, parameters["E_W"]), parameters["OUT_W"]
            r_w = parameters["R_W"] if parameters["R_W"] >= e_w + out_w else safe_reciprocal_bits(e_w, out_w)
            table = SoftmaxTable(exp=values, exponent_bits=e_w, output_bits=out_w, reciprocal_bits=r_w)
            return _softmax(table, parameters["X_W"])
        output = IntFormat(bits=max(bits, parameters["OUT_W"]), signed=False)
        return _pointwise(PointwiseTable(entries=values, output=output))
    except ValueError as error:
        raise SettingError("{table}: {path}: {error}", {"path": path, "error": error}) from error


def table_from_node(unit: str, graph: Graph, layer: str) -> UnitTable:
    """Take the table, and the unit's parameters, of a node.

    Raises:
        SettingError: the node has no table for this unit, or wants a rounding that the unit does not have.
        KeyError: no such node; the message lists the names.
    """
    node = graph.node(layer)
    wanted = unit.removeprefix("lut_")
    table = getattr(node, wanted) if node.declares(wanted) else None
    if isinstance(table, SoftmaxTable):
        if table.rounding not in (Rounding.HALF_UP, Rounding.HALF_AWAY):
            text = "{layer} = {given!r}: rounding {rounding}; {chosen} has half_up"
            raise SettingError(text, {"given": layer, "rounding": table.rounding.value, "chosen": unit})
        return _softmax(table, graph.inputs_of(node)[0].bits)
    if isinstance(table, PointwiseTable):
        return _pointwise(table)
    text = "{layer} = {given!r} is a {node.op}; {unit} = {chosen} takes a {wanted}"
    raise SettingError(text, {"given": layer, "node": node, "chosen": unit, "wanted": wanted})


def read_entries(folder: Path = Path()) -> IntArray:
    """What `UnitTable.write` wrote into the folder of a run."""
    return np.array([int(line, 16) for line in (folder / FILE).read_text().split()], dtype=np.int64)
