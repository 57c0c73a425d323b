"""Which units there are: those below t2c.tb.units, each declared in its folder's unit.py, and those of others."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import pkgutil

from t2c.common.errors import SettingError
from t2c.common.plugins import load_plugins
from t2c.tb.catalogue.unit import Unit

HOME = "t2c.tb.units"
"""Sub-packages of it with a module `unit` declare ours, as UNIT."""

_registered: dict[str, Unit] = {}


def register_unit(unit: Unit) -> Unit:
    """Make a unit known under its name, and return it; a declaration that is imported anew replaces itself.

    Raises:
        ValueError: a unit in another folder has that name, or parts of this one contradict one another.
    """
    unit.check()
    _register_ours()
    known = _registered.get(unit.name)
    if known and known.folder != unit.folder:
        raise ValueError(f"unit {unit.name!r} of {unit.folder}: {known.folder} has that name already")
    _registered[unit.name] = unit
    return unit


@functools.cache
def _register_ours() -> None:
    home = importlib.import_module(HOME)
    for module in pkgutil.iter_modules(home.__path__, f"{HOME}."):
        declaration = f"{module.name}.unit"
        if module.ispkg and importlib.util.find_spec(declaration):
            unit = importlib.import_module(declaration).UNIT
            unit.check()
            _registered[unit.name] = unit


def units() -> dict[str, Unit]:
    """All units by name, ours first; the mapping itself, into which a test may put another.

    Raises:
        UserError: a plug-in cannot be imported.
    """
    _register_ours()
    load_plugins()
    return _registered


def find_unit(name: str) -> Unit:
    """A unit that `make sim UNIT=` runs.

    Raises:
        SettingError: there is none of that name, or it has no bench; the message lists those that have.
    """
    unit, values = units().get(name), {"name": name, "names": ", ".join(runnable_names())}
    if unit is None:
        raise SettingError("{unit} = {name!r} is not one of {names}", values)
    if not unit.runs:
        raise SettingError("{unit} = {name!r} has no bench; {names} have one", values)
    return unit


def runnable_names() -> list[str]:
    """Names of the units that `make sim UNIT=` takes."""
    return [unit.name for unit in units().values() if unit.runs]


def benched_units() -> list[Unit]:
    """Those with a bench of their own."""
    return [unit for unit in units().values() if unit.bench]


def mutated_units() -> list[Unit]:
    """Those that `make mutate` takes."""
    return [unit for unit in units().values() if unit.mutated]
