"""Fields of a description that say something of values, lanes and files of one unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from t2c.common.shown import shown
from t2c.common.strict_yaml import Value
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.errors import RangeError
from t2c.tb.catalogue.interface import LSB_FIRST, MSB_FIRST, Interface
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.file_fields import beside, read_files
from t2c.tb.dut.source_fields import bounded_integer, read_integer

SCALE_FIRST, BIAS_FIRST = "scale_first", "bias_first"
LANES = 64


class ValueFields:
    """The fields of one description; every method raises YamlError with the line of what it cannot read.

    path: of the description; fields: of it; unit: that it is for; interface: of that; lines: where things stand.
    """

    def __init__(self, path: Path, fields: Mapping[str, Value], unit: str, interface: Interface) -> None:
        self.path, self.fields, self.unit, self.interface = path, fields, unit, interface
        self.lines = {name: value.node.start_mark.line + 1 for name, value in fields.items()}

    def map(self, name: str, read: Callable[[Value], Any], allowed: tuple[str, ...] | None = None) -> dict[str, Any]:
        """The entries of a field, each as `read` gives it; none if there is no such field."""
        if name not in self.fields:
            return {}
        value = self.fields[name]
        if allowed == ():
            raise value.error(f"{name}: {self.unit} has none")
        entries = value.fields() if allowed is None else value.only(*allowed)
        self.lines |= {f"{name}.{key}": entry.node.start_mark.line + 1 for key, entry in entries.items()}
        return {key: read(entry) for key, entry in entries.items()}

    def choice(self, name: str, *choices: str, allowed: bool) -> str:
        """One of some words, the first if there is no such field."""
        if name not in self.fields:
            return choices[0]
        if not allowed:
            raise self.fields[name].error(f"{name}: {self.unit} has no such thing")
        return self.fields[name].choice(*choices)

    def order(self) -> RequantiserOrder:
        """In which order a requantiser computes."""
        known = self.interface.requantises
        first = self.choice("order", SCALE_FIRST, BIAS_FIRST, allowed=known) == BIAS_FIRST
        widths = self.map("saturate", read_integer, ("operand", "sum") if known else ())
        try:
            return RequantiserOrder(bias_first=first, operand_bits=widths.get("operand"), sum_bits=widths.get("sum"))
        except RangeError as error:
            raise self.fields["saturate"].error(f"saturate: {error}") from error

    def run_files(self) -> dict[str, Path]:
        """Files that the module reads when it runs."""
        for name in ("files", "plusargs"):
            if name in self.fields and not units()[self.unit].bench:
                text = f"{name}: {self.unit} runs inside the core; a parameter with '{{here}}' takes a path"
                raise self.fields[name].error(text)
        for name, entry in self.fields["plusargs"].fields().items() if "plusargs" in self.fields else ():
            if not re.fullmatch(r"[A-Za-z_]\w*", name) or not str(entry.scalar()).isprintable():
                raise entry.error(f"plusargs: {shown(name)}: a name and a printable text are wanted")
        return read_files(self.path, self.fields)

    def table(self) -> Path | None:
        """The table of a table unit."""
        if "table" not in self.fields:
            return None
        if not units()[self.unit].table:
            raise self.fields["table"].error(f"table: {self.unit} has none")
        return beside(self.path, self.fields["table"], "table")

    def reference(self) -> str:
        """Where the function of the user's own is, as FILE.py:FUNCTION."""
        if "reference" not in self.fields:
            return ""
        value = self.fields["reference"]
        if not self.interface.reference:
            raise value.error(f"reference: {self.unit} takes none")
        if "table" in self.fields:
            raise value.error("reference: and a table; one of them says what the unit gives")
        return str(self.path.resolve().parent / value.text())

    def lanes(self) -> int:
        """How many units the module has side by side."""
        if "lanes" in self.fields and not self.interface.laned:
            raise self.fields["lanes"].error(f"lanes: {self.unit} is described as one")
        if "shared" in self.fields and "lanes" not in self.fields:
            raise self.fields["shared"].error("shared: there are no lanes")
        return bounded_integer(self.fields, "lanes", 1, 2, LANES)

    def constants(self, name: str) -> tuple[str, ...]:
        """Names of constants of one field."""
        if name not in self.fields:
            return ()
        value = self.fields[name]
        if not self.interface.constant:
            raise value.error(f"{name}: {self.unit} has no constants beside its data")
        return tuple(entry.choice(*self.interface.constant) for entry in value.items())

    def lane_order(self) -> dict[str, str]:
        """Signal -> where its element 0 is."""
        if "lane_order" not in self.fields:
            return {}
        value = self.fields["lane_order"]
        names = tuple(self.interface.lanes)
        if "lanes" in self.fields:
            fields = (field for port in self.interface.laned for field, _ in self.interface.fields.get(port, ()))
            names = (*names, *self.interface.laned, *fields)
        if not names:
            raise value.error(f"lane_order: {self.unit} has one lane")
        if not value.is_mapping:
            return dict.fromkeys(names, value.choice(LSB_FIRST, MSB_FIRST))
        return self.map("lane_order", lambda entry: entry.choice(LSB_FIRST, MSB_FIRST), names)
