"""Python packages that only some exports need."""

from __future__ import annotations

import importlib
from types import ModuleType

from t2c.golden.errors import UnsupportedError


def need(module: str, extra: str) -> ModuleType:
    """Import an optional module.

    Args:
        module: what to import; extra: of this project, what brings it.

    Raises:
        UnsupportedError: it is not installed; the message is one line that says how to get it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UnsupportedError(
            f"{error.name} is not installed; try: pip install 'torch2chip-cosim[{extra}]'"
        ) from error
