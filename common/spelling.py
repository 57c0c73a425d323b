"""How a message names an option: as it is typed on the command line, or as a variable of make."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from t2c.common.options import options_of

CALLER = "T2C_CALLER"
"""In the environment of every process that a make target starts: `make`."""
MAKE = "make"
OPTIONS = {"simulator": "sim"}
"""Settings of the library whose option has another name."""


def by_make() -> bool:
    """Whether a make target called."""
    return os.environ.get(CALLER) == MAKE


def setting(name: str, spelled: Mapping[str, str] | None = None) -> str:
    """An option by its Python name: FIRST_IMAGE under make, else what `spelled` has for it, else --first-image."""
    name = OPTIONS.get(name, name)
    if by_make():
        return name.upper()
    return (spelled or {}).get(name) or "--" + name.replace("_", "-")


def command(target: str, settings: Mapping[str, object]) -> str:
    """A command that a user can type again: `make sim LAYER=fc`, or `t2c sim PACKAGE --layer fc`.

    Args:
        target: of make, and a command of t2c that works on a package.
        settings: values by the option's Python name; `model` is the argument of a command of t2c.
    """
    if by_make():
        return f"make {target} " + " ".join(f"{k.upper()}={shlex.quote(str(v))}" for k, v in settings.items())
    package = next(option.default for option in options_of(target) if option.name == "model")
    words = [str(settings.get("model", package))]
    for name, value in settings.items():
        if name != "model":
            words += ["--" + name.replace("_", "-"), str(value)]
    return shlex.join(["t2c", target, *words])
