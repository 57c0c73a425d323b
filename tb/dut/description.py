"""The description of a device under test: a YAML file of at most 40 lines, read into frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from t2c.common.strict_yaml import Value, YamlError, read_yaml
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import Rounding
from t2c.tb.catalogue.interface import FIRST_FIRST, FIXED_LATENCY, LAST_FIRST, Interface
from t2c.tb.catalogue.style import StyleValues
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.dut.source_fields import Reset, read_integer, read_reset, read_sources, refuse_length
from t2c.tb.dut.value_fields import ValueFields

MODES = tuple(mode.value for mode in Rounding)


@dataclass(frozen=True, kw_only=True)
class RoundingModes:
    """Rounding modes of a module. port: of theirs that chooses, empty if there is one mode; codes: mode -> its code."""

    codes: Mapping[str, int]
    port: str = ""


@dataclass(frozen=True, kw_only=True)
class Description:
    """A device under test, as docs/bring_your_own_rtl.md explains field by field.

    clock: empty if there is none; ranges: name of ours -> what the module takes, as it is written;
    order: of a requantiser's operations; static: numbers of ours that may not change while results are inside;
    ports: ours -> theirs, one or one for each element; inputs: theirs -> expression of ours; outputs: ours ->
    expression of theirs; lanes: how many units the module has side by side; shared: numbers that these have in common;
    files: name that the module reads -> the file; plusargs: of its runs; table: file with that of a table unit;
    reference: FILE.py:FUNCTION of what the module computes, empty if golden says it;
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
    ports: Mapping[str, tuple[str, ...]]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    tie: Mapping[str, int]
    constants: Mapping[str, str | int]
    rounding: RoundingModes | None
    output: str
    lane_order: Mapping[str, str]
    weight_rows: str
    absent: tuple[str, ...]
    ranges: Mapping[str, tuple[str | int, ...]]
    order: RequantiserOrder
    static: tuple[str, ...]
    lanes: int
    shared: tuple[str, ...]
    files: Mapping[str, Path]
    plusargs: Mapping[str, str | int]
    table: Path | None
    reference: str
    style: StyleValues
    lines: Mapping[str, int]

    @property
    def interface(self) -> Interface:
        return _styled(replaceable_units()[self.unit], self.style)

    def error(self, place: str, text: str) -> YamlError:
        """A complaint about one entry: 'ports.acc', 'latency'."""
        line = self.lines.get(place, self.lines.get(place.partition(".")[0]))
        return YamlError(self.path, text, line)


_FIELDS = (
    *("unit", "sources", "include", "defines", "top", "parameters", "unit_parameters", "clock", "reset", "handshake"),
    *("latency", "ports", "tie", "constants", "rounding", "output", "lane_order", "weight_rows", "absent"),
    *("ranges", "order", "saturate", "static", "lanes", "shared", "inputs", "outputs"),
    *("files", "plusargs", "table", "reference"),
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
    styles = [interface.style for interface in replaceable_units().values() if interface.style]
    fields = top.only(*_FIELDS, *(name for style in styles for name in style.fields))
    for name in _REQUIRED:
        if name not in fields and not (name == "reset" and _is_none(fields.get("clock"))):
            raise top.error(f"{name} is missing; needed are {', '.join(_REQUIRED)}")
    refuse_length(path)
    unit = fields["unit"].choice(*replaceable_units())
    return _Reader(path, fields, unit).description()


def _entries(value: Value) -> tuple[str | int, ...]:
    return tuple(entry.scalar() for entry in value.items())


def _is_none(value: Value | None) -> bool:
    return value is not None and not value.is_mapping and value.scalar() == "none"


def _styled(interface: Interface, values: StyleValues) -> Interface:
    return interface.style.interface(interface, values) if interface.style else interface


class _Reader(ValueFields):
    def __init__(self, path: Path, fields: dict[str, Value], unit: str) -> None:
        super().__init__(path, fields, unit, replaceable_units()[unit])
        self.clocked = not _is_none(fields["clock"])
        self.style = self._style()
        self.interface = _styled(self.interface, self.style)

    def description(self) -> Description:
        files = read_sources(self.path, self.fields)
        return Description(
            path=self.path,
            unit=self.unit,
            top=self.fields["top"].text(),
            sources=files.sources,
            includes=files.includes,
            defines=files.defines,
            parameters=self.map("parameters", Value.scalar),
            unit_parameters=self.map("unit_parameters", read_integer),
            clock=self.fields["clock"].text() if self.clocked else "",
            reset=self._reset(),
            handshake=self._handshake(),
            latency=self._latency(),
            ports=self.map("ports", lambda value: tuple(entry.text() for entry in value.items())),
            inputs=self.map("inputs", Value.text),
            outputs=self.map("outputs", Value.text),
            tie=self.map("tie", read_integer),
            constants=self.map("constants", Value.scalar, self.interface.constants),
            rounding=self._rounding(),
            output=self.choice("output", "any", "signed", "unsigned", allowed=bool(self.interface.narrow)),
            lane_order=self.lane_order(),
            weight_rows=self.choice(
                "weight_rows", FIRST_FIRST, LAST_FIRST, allowed="double_buffer" in self.interface.features
            ),
            absent=self._absent(),
            ranges=self.map("ranges", _entries, tuple(self.interface.numbers)),
            order=self.order(),
            static=self.constants("static"),
            lanes=self.lanes(),
            files=self.run_files(),
            plusargs=self.map("plusargs", Value.scalar),
            table=self.table(),
            reference=self.reference(),
            shared=self.constants("shared"),
            style=self.style,
            lines=self.lines,
        )

    def _reset(self) -> Reset | None:
        reset = read_reset(self.fields["reset"]) if "reset" in self.fields else None
        if reset and not self.clocked:
            raise self.fields["reset"].error("reset: a module without a clock has none")
        return reset

    def _latency(self) -> str | int | None:
        stated = self.fields["latency"].scalar() if "latency" in self.fields else None
        if self.clocked or stated in (None, 0):
            return stated if self.clocked else 0
        raise self.fields["latency"].error(f"latency: {stated}; a module without a clock has latency 0")

    def _handshake(self) -> str:
        choices = self.interface.handshakes
        if "handshake" not in self.fields:
            if not self.clocked and FIXED_LATENCY in choices:
                return FIXED_LATENCY
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
        codes = {mode: read_integer(entry) for mode, entry in entries.items() if mode != "port"}
        if "port" not in entries or not codes:
            raise value.error("rounding: {port: NAME, MODE: CODE, ...} needs the port and the code of each mode it has")
        if len(set(codes.values())) < len(codes):
            raise value.error("rounding: two modes have the same code")
        return RoundingModes(port=entries["port"].text(), codes=codes)

    def _style(self) -> StyleValues:
        style = self.interface.style
        strange = set(self.fields) - set(_FIELDS) - set(style.fields if style else ())
        if strange:
            name = min(strange)
            raise self.fields[name].error(f"{name}: {self.unit} has no such thing")
        if style is None:
            return {}
        ports = {
            key: entry
            for name in ("ports", "outputs")
            if name in self.fields
            for key, entry in self.fields[name].fields().items()
        }
        own = {name: self.fields[name] for name in style.fields if name in self.fields}
        return style.read(own, ports, self._handshake())

    def _absent(self) -> tuple[str, ...]:
        if "absent" not in self.fields:
            return ()
        value = self.fields["absent"]
        if not self.interface.features:
            raise value.error(f"absent: {self.unit} has nothing that a module may lack")
        return tuple(entry.choice(*self.interface.features) for entry in value.items())
