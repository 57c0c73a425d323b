"""The table that a table unit runs with: made for its bench, a user's own, or a node's of a package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from t2c.common.errors import SettingError
from t2c.common.reading import read_plain
from t2c.common.shown import shown
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.graph import Graph
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.catalogue.unit_table import TableKind, UnitTable
from t2c.tb.dut.own_arithmetic import own_arithmetic

NO_LAYER = "list"
"""The layer where the command line gives none."""


@dataclass(frozen=True, kw_only=True)
class TableChoice:
    """What the command line says: a table, or a model and a layer. seed: of random entries."""

    table: str
    model: str
    layer: str
    seed: int


def table_units() -> dict[str, TableKind]:
    """Units with a table, by name."""
    return {unit.name: unit.table for unit in units().values() if unit.table}


def table_names() -> tuple[str, ...]:
    """Names of all tables that are made here, of any unit."""
    return tuple(dict.fromkeys(name for kind in table_units().values() for name in kind.names))


def choose_table(unit: str, parameters: Mapping[str, int], choice: TableChoice) -> UnitTable | None:
    """Return the table that was asked for; None if nothing was.

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
    if unit not in table_units():
        name = "{table}" if named else "{layer}"
        units_with = " and ".join(table_units())
        raise SettingError(name + ": {unit} = {given} has no table; {units} have", {"given": unit, "units": units_with})
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


def named_table(unit: str, name: str, parameters: Mapping[str, int], seed: int) -> UnitTable:
    """Make a table for parameters that are given.

    Args:
        unit: one with a table.
        name: one of its kind's names; "" for the first.
        parameters: of the unit, all of them.
        seed: of random entries.

    Raises:
        SettingError: no such table; the message lists the names.
    """
    kind = table_units()[unit]
    if name and name not in kind.names:
        names = ", ".join(kind.names)
        raise SettingError("{table} = {name!r} is no file and not one of {names}", {"name": name, "names": names})
    return kind.made(name or kind.names[0], parameters, np.random.default_rng(seed))


def table_from_file(unit: str, path: Path, parameters: Mapping[str, int]) -> UnitTable:
    """Read a user's own table: one hexadecimal entry a line; empty lines and // comments do not count.

    The unit is built for as many entries as there are, and with wider ones than its parameters say where they need it.

    Raises:
        SettingError: the file cannot be read, or holds no such table; the message names the line or the rule.
    """
    try:
        lines = read_plain(path).decode().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError("{table} = {path}: {error}", {"path": path, "error": error}) from error
    entries = []
    for number, line in enumerate(lines, 1):
        word = line.partition("//")[0].strip()
        if word and not re.fullmatch(r"[0-9a-fA-F]{1,8}", word):
            raise SettingError(
                "{table}: {place}: {word} is not a hexadecimal entry",
                {"place": f"{path}:{number}", "word": shown(word)},
            )
        entries += [int(word, 16)] if word else []
    try:
        return table_units()[unit].from_entries(np.array(entries, dtype=np.int64), parameters)
    except ValueError as error:
        raise SettingError("{table}: {path}: {error}", {"path": path, "error": error}) from error


def table_from_function(unit: str, where: str, parameters: Mapping[str, int]) -> UnitTable:
    """The table of a function of the user's own, called with every x that the unit takes, as an unsigned integer.

    Args:
        unit: a table unit whose entries are results for one x each.
        where: FILE.py:FUNCTION.
        parameters: of the unit, all of them.

    Raises:
        UserError: there is no such function, or it returns what has no OUT_W bits, signed or not.
    """
    bits = parameters["OUT_W"]
    function = own_arithmetic(where, ("x",), -(1 << bits - 1), (1 << bits) - 1)
    entries = [function.result({"x": x}) % (1 << bits) for x in range(1 << parameters["X_W"])]
    return table_units()[unit].from_entries(np.array(entries, dtype=np.int64), parameters)


def table_from_node(unit: str, graph: Graph, layer: str) -> UnitTable:
    """Take the table, and the unit's parameters, of a node.

    Raises:
        SettingError: the node has no table for this unit, or wants what the unit does not have.
        KeyError: no such node; the message lists the names.
    """
    return table_units()[unit].from_node(graph, graph.node(layer))
