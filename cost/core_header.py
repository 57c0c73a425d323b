"""The parameters and ports of the core, out of its source: what is put around it has the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from t2c.common.places import RTL
from t2c.tb.catalogue.unit import CORE


@dataclass(frozen=True, kw_only=True)
class CorePort:
    """A port of the core. text: its declaration up to the name, with the range as the source has it."""

    text: str
    name: str


@dataclass(frozen=True, kw_only=True)
class CoreHeader:
    """head: directives before the module; parameters: values by name, as the source has them; ports: in order."""

    head: str
    parameters: dict[str, str]
    ports: tuple[CorePort, ...]


@cache
def core_header() -> CoreHeader:
    """Read rtl/t2c_core.v, a parameter and a port a line."""
    source = (RTL / f"{CORE}.v").read_text()
    head, _, rest = source.partition(f"module {CORE} #(\n")
    parameters, _, ports = rest.partition("\n) (\n")
    found = re.findall(r"^ +parameter +(\w+) += (.*?),? *(?://.*)?$", parameters, re.MULTILINE)
    declared = re.findall(
        r"^ +((?:input|output) +wire(?: +\[.*?\])?) +(\w+)", ports.partition("\n);\n")[0], re.MULTILINE
    )
    return CoreHeader(
        head="".join(line for line in head.splitlines(keepends=True) if line.startswith("`")),
        parameters=dict(found),
        ports=tuple(CorePort(text=text, name=name) for text, name in declared),
    )
