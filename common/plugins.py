"""Modules of others: imported once, they register what the project then finds by name, as it finds its own.

A plug-in is a module. It is named in the environment variable T2C_PLUGINS, or a distribution that is installed names
it as an entry point of the group "t2c.plugins"; processes that a command starts inherit the variable.
"""

from __future__ import annotations

import functools
import importlib
import os
import re
import threading
from collections.abc import Callable
from importlib import metadata

from t2c.common.errors import UserError

VARIABLE = "T2C_PLUGINS"
"""Names of modules, separated by commas or by what separates the parts of PATH."""
GROUP = "t2c.plugins"
"""Entry points whose value is a module."""

_loaded: set[str] = set()
_lock = threading.RLock()


def load_plugins() -> tuple[str, ...]:
    """Import every plug-in that is not yet imported, and return the names of all.

    The variable is read at each call. A plug-in that asks for others' names while it is imported gets those so far.

    Raises:
        UserError: a plug-in cannot be imported; the message names it and says why. The next call tries again.
    """
    wanted: dict[str, Callable[[], object]] = {}
    for name in re.split(rf"[,{re.escape(os.pathsep)}]", os.environ.get(VARIABLE, "")):
        if name.strip():
            wanted[f"{VARIABLE}: module {name.strip()!r}"] = functools.partial(importlib.import_module, name.strip())
    for entry in _entry_points():
        wanted[f"plug-in {entry.name!r} = {entry.value!r}"] = entry.load
    with _lock:
        for place, load in wanted.items():
            if place in _loaded:
                continue
            _loaded.add(place)
            try:
                load()
            except (Exception, SystemExit) as error:  # whatever a module of others raises, its user mends it
                _loaded.discard(place)
                hint = "; is its folder on PYTHONPATH?" if isinstance(error, ModuleNotFoundError) else ""
                raise UserError(f"{place} cannot be imported: {type(error).__name__}: {error}{hint}") from error
    return tuple(wanted)


@functools.cache
def _entry_points() -> tuple[metadata.EntryPoint, ...]:
    return tuple(metadata.entry_points(group=GROUP))
