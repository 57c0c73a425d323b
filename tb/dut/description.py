"""The description of a device under test: a YAML file of at most 40 lines, read into frozen dataclasses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from t2c.common.reading import read_plain
from t2c.common.shown import shown
from t2c.common.strict_yaml import Value, YamlError, read_yaml
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.catalogue.interface import FIRST_FIRST, LAST_FIRST, LSB_FIRST, MSB_FIRST, Interface
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.simulation.filelist import FileList, read_filelist

MODES = tuple(mode.value for mode in Rounding)

LINES = 40
"""That a description may have, besides comments and empty lines."""


@dataclass(frozen=True, kw_only=True)
class Reset:
    """port: its name; active: low or high. Synchronous or not is all one to a bench that holds it for cycles."""

    port: str
    active: str


@dataclass(frozen=True, kw_only=True)
class RoundingModes:
    """Rounding modes of a module. port: of theirs that chooses, empty if there is one mode; codes: mode -> its code."""

    codes: Mapping[str, int]
    port: str = ""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A device under test, as docs/bring_your_own_rtl.md explains field by field.

    lines: where things stand: 'ports.acc' -> line.
    """

    path: Path
    unit: str
    top: str
    sources: tuple[Path, ...]
    includes: tuple[Path, ...]
    defines: Mapping[str, str]
    parameters: Mapping[str, str | int]
    unit_parameters: Mapping[str, int]
    clock: str
    reset: Reset | None
    handshake: str
    latency: str | int | None
    ports: Mapping[str, str]
    tie: Mapping[str, int]
    constants: Mapping[str, str | int]
    rounding: RoundingModes | None
    output: str
    lane_order: Mapping[str, str]
    weight_rows: str
    absent: tuple[str, ...]
    lines: Mapping[str, int]

    @property
    def interface(self) -> Interface:
        return replaceable_units()[self.unit]

    def error(self, place: str, text: str) -> YamlError:
        """A complaint about one entry: 'ports.acc', 'latency'."""
        line = self.lines.get(place, self.lines.get(place.partition(".")[0]))
        return YamlError(self.path, text, line)


_FIELDS = (
    *("unit", "sources", "include", "defines", "top", "parameters", "unit_parameters", "clock", "reset", "handshake"),
    *("latency", "ports", "tie", "constants", "rounding", "output", "lane_order", "weight_rows", "absent"),
)
_REQUIRED = ("unit", "sources", "top", "clock", "reset")


def replaceable_units() -> dict[str, Interface]:
    """Units whose place a described module can take, and what may be said of it."""
    return {unit.name: unit.interface for unit in units().values() if unit.interface}


def load_description(path: Path) -> Description:
    """Read and check a description; what concerns the module's real ports comes later (t2c.tb.dut.description_check).

    Raises:
        YamlError: file:line and what is wrong there.
    """
    top = read_yaml(path)
    fields = top.only(*_FIELDS)
    for name in _REQUIRED:
        if name not in fields:
            raise top.error(f"{name} is missing; needed are {', '.join(_REQUIRED)}")
    length = sum(bool(line.split("#")[0].strip()) for line in read_plain(path).decode(errors="replace").splitlines())
    if length > LINES:
        raise YamlError(path, f"{length} lines; a description has at most {LINES}")
    unit = fields["unit"].choice(*replaceable_units())
    return _Reader(path, fields, unit).description()


class _Reader:
    def __init__(self, path: Path, fields: dict[str, Value], unit: str) -> None:
        self.path, self.fields, self.unit, self.interface = path, fields, unit, replaceable_units()[unit]
        self.lines = {name: value.node.start_mark.line + 1 for name, value in fields.items()}

    def description(self) -> Description:
        files = self._sources()
        return Description(
            path=self.path,
            unit=self.unit,
            top=self.fields["top"].text(),
            sources=files.sources,
            includes=files.includes,
            defines=files.defines,
            parameters=self._map("parameters", Value.scalar),
            unit_parameters=self._map("unit_parameters", _integer),
            clock=self.fields["clock"].text(),
            reset=self._reset(),
            handshake=self._handshake(),
            latency=self.fields["latency"].scalar() if "latency" in self.fields else None,
            ports=self._map("ports", Value.text),
            tie=self._map("tie", _integer),
            constants=self._map("constants", Value.scalar, self.interface.constants),
            rounding=self._rounding(),
            output=self._choice("output", "any", "signed", "unsigned", allowed=bool(self.interface.narrow)),
            lane_order=self._lane_order(),
            weight_rows=self._choice(
                "weight_rows", FIRST_FIRST, LAST_FIRST, allowed="double_buffer" in self.interface.features
            ),
            absent=self._absent(),
            lines=self.lines,
        )

    def _sources(self) -> FileList:
        """Files, and what lists of files among them say; folders of sources are searched for `include files too."""
        found = FileList(includes=self._paths("include", Path.is_dir, "folder"), defines=self._map("defines", _text))
        error = self.fields["sources"].error
        for path in self._paths("sources", Path.is_file, "file"):
            if path.suffix == ".f":
                listed = read_filelist(path)
                found = FileList(
                    sources=(*found.sources, *map(_resolved, listed.sources)),
                    includes=(*found.includes, *map(_resolved, listed.includes)),
                    defines={**listed.defines, **found.defines},
                )
            else:
                found = replace(found, sources=(*found.sources, path))
        if not found.sources:
            raise error("sources: the lists name no file")
        for index, source in enumerate(found.sources):
            if source.suffix not in (".v", ".sv"):
                raise error(f"sources: {source.name} ends neither in .v nor in .sv")
            if not _there(Path.is_file, source):
                raise error(f"sources: no file {source}, which a list names")
            if source in found.sources[:index]:
                raise error(f"sources: {source.name} stands there twice")
        for folder in found.includes:
            if not _there(Path.is_dir, folder):
                raise error(f"sources: no folder {folder}, which a list names")
        for name in found.defines:
            if not re.fullmatch(r"[A-Za-z_]\w*", name):
                where = self.fields.get("defines", self.fields["sources"])
                raise where.error(f"defines: {shown(name)} is no name of a macro")
        folders = dict.fromkeys((*found.includes, *(source.parent for source in found.sources)))
        return replace(found, includes=tuple(folders))

    def _paths(self, name: str, exists: Callable[[Path], bool], what: str) -> tuple[Path, ...]:
        if name not in self.fields:
            return ()
        found = []
        for entry in self.fields[name].items():
            path = self.path.parent / entry.text()
            if not _there(exists, path):
                raise entry.error(f"{name}: no {what} {shown(entry.text())} beside this description")
            found.append(path.resolve())
        if not found:
            raise self.fields[name].error(f"{name}: the list is empty")
        return tuple(found)

    def _map(self, name: str, read: Callable[[Value], Any], allowed: tuple[str, ...] | None = None) -> dict[str, Any]:
        if name not in self.fields:
            return {}
        value = self.fields[name]
        if allowed == ():
            raise value.error(f"{name}: {self.unit} has none")
        entries = value.fields() if allowed is None else value.only(*allowed)
        self.lines |= {f"{name}.{key}": entry.node.start_mark.line + 1 for key, entry in entries.items()}
        return {key: read(entry) for key, entry in entries.items()}

    def _choice(self, name: str, *choices: str, allowed: bool) -> str:
        if name not in self.fields:
            return choices[0]
        if not allowed:
            raise self.fields[name].error(f"{name}: {self.unit} has no such thing")
        return self.fields[name].choice(*choices)

    def _reset(self) -> Reset | None:
        value = self.fields["reset"]
        if not value.is_mapping and value.scalar() == "none":
            return None
        if not value.is_mapping or set(value.fields()) != {"port", "active"}:
            raise value.error("reset: 'none', or {port: NAME, active: low or high}")
        entries = value.fields()
        return Reset(port=entries["port"].text(), active=entries["active"].choice("low", "high"))

    def _handshake(self) -> str:
        choices = self.interface.handshakes
        if "handshake" not in self.fields:
            if len(choices) > 1:
                raise YamlError(self.path, f"handshake is missing: one of {', '.join(choices)}")
            return choices[0] if choices else ""
        if not choices:
            raise self.fields["handshake"].error(f"handshake: {self.unit} has none that could be bridged; leave it out")
        return self.fields["handshake"].choice(*choices)

    def _rounding(self) -> RoundingModes | None:
        if "rounding" not in self.fields:
            if self.interface.rounding:
                raise YamlError(
                    self.path, f"rounding is missing: one of {', '.join(MODES)}, or {{port: NAME, MODE: CODE, ...}}"
                )
            return None
        value = self.fields["rounding"]
        if not self.interface.rounding:
            raise value.error(f"rounding: {self.unit} has no modes to choose from")
        if not value.is_mapping:
            return RoundingModes(codes={value.choice(*MODES): 0})
        entries = value.only("port", *MODES)
        codes = {mode: _integer(entry) for mode, entry in entries.items() if mode != "port"}
        if "port" not in entries or not codes:
            raise value.error("rounding: {port: NAME, MODE: CODE, ...} needs the port and the code of each mode it has")
        if len(set(codes.values())) < len(codes):
            raise value.error("rounding: two modes have the same code")
        return RoundingModes(port=entries["port"].text(), codes=codes)

    def _lane_order(self) -> dict[str, str]:
        if "lane_order" not in self.fields:
            return {}
        value = self.fields["lane_order"]
        if not self.interface.lanes:
            raise value.error(f"lane_order: {self.unit} has one lane")
        if not value.is_mapping:
            return dict.fromkeys(self.interface.lanes, value.choice(LSB_FIRST, MSB_FIRST))
        return self._map("lane_order", lambda entry: entry.choice(LSB_FIRST, MSB_FIRST), tuple(self.interface.lanes))

    def _absent(self) -> tuple[str, ...]:
        if "absent" not in self.fields:
            return ()
        value = self.fields["absent"]
        if not self.interface.features:
            raise value.error(f"absent: {self.unit} has nothing that a module may lack")
        return tuple(entry.choice(*self.interface.features) for entry in value.items())


def _there(exists: Callable[[Path], bool], path: Path) -> bool:
    """Whether a file or a folder is there; a name that no file can have is none."""
    try:
        return exists(path)
    except OSError:
        return False


def _resolved(path: Path) -> Path:
    """The absolute path behind links; itself if no file can have that name, or links go round in circles."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _integer(value: Value) -> int:
    found = value.scalar()
    if not isinstance(found, int):
        raise value.error(f"{value.name}: {shown(found)} is no integer")
    return found


def _text(value: Value) -> str:
    return str(value.scalar())
