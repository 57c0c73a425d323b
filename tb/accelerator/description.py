"""The description of an accelerator: a YAML file of at most 40 lines, held against the module's real ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.strict_yaml import Value, read_yaml
from t2c.golden.target.description import read_references
from t2c.tb.accelerator.axi_port import Axi4Port
from t2c.tb.accelerator.generator import generated
from t2c.tb.accelerator.kinds import KINDS, kind_of
from t2c.tb.accelerator.pins import ModulePins
from t2c.tb.accelerator.port import NAME, DoorPort, their_port
from t2c.tb.accelerator.ram_port import MemoryPort
from t2c.tb.accelerator.shared_memory import share_memories
from t2c.tb.accelerator.steps import LIMIT, RunSteps, read_steps
from t2c.tb.accelerator.stream_port import StreamPort
from t2c.tb.accelerator.transfer import PortTransfer, read_transfer
from t2c.tb.dut.file_fields import read_files
from t2c.tb.dut.ports import Elaboration, Module, NoModule
from t2c.tb.dut.source_fields import Reset, bounded_integer, read_integer, read_reset, read_sources, refuse_length
from t2c.tb.simulation.filelist import FileList

UNIT = "accelerator"
"""What `unit` says in a description of this kind."""
FIELDS = (
    *("unit", "generate", "sources", "include", "defines", "top", "parameters"),
    *("files", "plusargs", "clock", "clocks", "reset", "resets", "tie"),
    *("package", "reference", "batch", "ports", "in", "run", "out", "scratch", "quiet", "limit"),
)
REQUIRED = ("unit", "sources", "top", "ports", "out")
PERIOD = 10
"""Nanoseconds of a clock if nobody says."""
NO_CLOCK = "none"
"""What `clock` says of a module without one; words then go by a clock of the harness alone."""
QUIET = 64
"""Cycles after a run in which nothing more may come."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AcceleratorDescription:
    """An accelerator as its yaml says, every name of which exists in the module.

    clocks: port -> period in ns, the first one counts cycles; ties: input -> number; references: functions of the
    user's own by layer (`t2c.golden.target.own_node`); batch: images of a run, 0: one without an axis; scratch: port ->
    ranges that it may write besides `out`, first and one past the last; limit: cycles in which something must move;
    pins: of the module; run_files: name that the module reads -> the file; plusargs: of its runs;
    doubt: what is wrong in the sources if no simulator takes them.
    """

    path: Path
    top: str
    files: FileList
    parameters: Mapping[str, int | str]
    clocks: Mapping[str, int]
    resets: tuple[Reset, ...]
    ties: Mapping[str, int]
    package: str
    references: Mapping[str, str]
    batch: int
    ports: Mapping[str, DoorPort]
    loads: tuple[PortTransfer, ...]
    outs: tuple[PortTransfer, ...]
    steps: RunSteps
    scratch: Mapping[str, tuple[tuple[int, int], ...]]
    quiet: int
    limit: int
    module: Module
    pins: ModulePins
    run_files: Mapping[str, Path]
    plusargs: Mapping[str, str | int]
    doubt: UserError | None


def is_accelerator(path: Path) -> bool:
    """Whether a description says `unit: accelerator`; False if it is not there, or says nothing of a unit.

    Raises:
        YamlError: it is there and cannot be read.
    """
    if not path.is_file():
        return False
    fields = read_yaml(path).fields()
    return "unit" in fields and fields["unit"].text() == UNIT


def load_accelerator(path: Path, package_of: Callable[[str], Path], output: Path) -> AcceleratorDescription:
    """Read a description, generate what it says, and hold it against the elaborated module.

    Args:
        path: the description.
        package_of: what `package` says, or nothing -> the folder of the package, for what generates sources.
        output: where that goes.

    Raises:
        YamlError: file:line and what is wrong there.
        SourceError: the sources do not elaborate.
    """
    top = read_yaml(path)
    fields = top.only(*FIELDS)
    for name in REQUIRED:
        if name not in fields:
            raise top.error(f"{name} is missing; needed are {', '.join(REQUIRED)}")
    refuse_length(path)
    made = None
    if "generate" in fields:
        package = package_of(fields["package"].text() if "package" in fields else "")
        made = generated(fields["generate"], package, output)
    return _Reader(path, top, fields, made).description()


def _unquoted(value: str | int) -> str | int:
    """A text that stands in quotes within YAML's own is that text, as in descriptions of units."""
    quoted = isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if isinstance(value, str) and quoted else value


class _Reader:
    def __init__(self, path: Path, top: Value, fields: Mapping[str, Value], made: Path | None) -> None:
        self.path, self.top, self.fields = path, top, fields
        self.roots = (path.parent, *([made] if made else []))
        self.files = read_sources(path, fields, made)
        here = str(path.resolve().parent)
        given = {name: _unquoted(value.scalar()) for name, value in self._map("parameters").items()}
        self.parameters = {
            name: value.replace("{here}", here) if isinstance(value, str) else value for name, value in given.items()
        }
        try:
            self.elaboration = Elaboration(
                self.files.sources,
                fields["top"].text(),
                self.parameters,
                includes=self.files.includes,
                defines=self.files.defines,
                doubtful=True,
            )
        except NoModule as error:
            raise fields["top"].error(f"top: {error}") from error
        module = self.elaboration.top()
        self.pins = ModulePins(module.ports)
        self.module = replace(module, ports=self.pins)
        for name in self.parameters:
            if name not in self.module.parameters:
                there = ", ".join(self.module.parameters) or "none"
                raise fields["parameters"].error(f"parameters: {self.module.name} has no {name!r}; it has {there}")

    def description(self) -> AcceleratorDescription:
        clocks, resets = self._clocks(), self._resets()
        ties = {name: self._tie(value) for name, value in self._map("tie").items()}
        ports = self._ports(clocks)
        steps = read_steps(self.fields.get("run"), self.module, ports)
        self._connected(clocks, resets, ties, ports, steps)
        loads = tuple(read_transfer(item, ports, True, self.roots) for item in self._items("in"))
        outs = tuple(read_transfer(item, ports, False, self.roots) for item in self._items("out"))
        if not outs:
            raise self.fields["out"].error("out: nothing is compared")
        self._used(ports, loads, outs)
        return AcceleratorDescription(
            path=self.path,
            top=self.module.name,
            files=self.files,
            parameters=self.parameters,
            clocks=clocks,
            resets=resets,
            ties=ties,
            package=self.fields["package"].text() if "package" in self.fields else "",
            references=read_references(self.fields["reference"]) if "reference" in self.fields else {},
            batch=self._number("batch", 0, 1, 1 << 20),
            ports=ports,
            loads=loads,
            outs=outs,
            steps=steps,
            scratch=self._scratch(ports),
            quiet=self._number("quiet", QUIET, 1, 1 << 30),
            limit=self._number("limit", LIMIT, 1, 1 << 30),
            module=self.module,
            pins=self.pins,
            run_files=read_files(self.path, self.fields, self.roots),
            plusargs={name: value.scalar() for name, value in self._map("plusargs").items()},
            doubt=self.elaboration.doubt,
        )

    def _map(self, name: str) -> dict[str, Value]:
        return self.fields[name].fields() if name in self.fields else {}

    def _items(self, name: str) -> list[Value]:
        return self.fields[name].items() if name in self.fields else []

    def _number(self, name: str, usual: int, low: int, high: int) -> int:
        return bounded_integer(self.fields, name, usual, low, high)

    def _clocks(self) -> dict[str, int]:
        if ("clock" in self.fields) == ("clocks" in self.fields):
            raise self.top.error("clock: PORT or none, or clocks: {PORT: PERIOD_IN_NS, ...}")
        if "clock" in self.fields and self.fields["clock"].text() == NO_CLOCK not in self.module.ports:
            return {NO_CLOCK: PERIOD}
        if "clock" in self.fields:
            named = {self.fields["clock"].text(): PERIOD}
            place = {name: self.fields["clock"] for name in named}
        else:
            place = self.fields["clocks"].fields()
            named = {name: read_integer(value) for name, value in place.items()}
        for name, period in named.items():
            their_port(self.module, place[name], name, "input")
            if not 1 <= period <= 1_000_000:
                raise place[name].error(f"clocks: a period of {period} ns is outside 1..1000000")
        if not named:
            raise self.fields["clocks"].error("clocks: there is none")
        return named

    def _resets(self) -> tuple[Reset, ...]:
        if ("reset" in self.fields) == ("resets" in self.fields):
            raise self.top.error(
                "reset: none or {port: NAME, active: low or high}, or resets: {NAME: low or high, ...}"
            )
        if "reset" in self.fields:
            one = read_reset(self.fields["reset"])
            found: tuple[Reset, ...] = (one,) if one else ()
        else:
            entries = self.fields["resets"].fields()
            found = tuple(Reset(port=name, active=value.choice("low", "high")) for name, value in entries.items())
        for reset in found:
            their_port(self.module, self.fields.get("reset", self.fields.get("resets", self.top)), reset.port, "input")
        return found

    def _tie(self, value: Value) -> int:
        width = their_port(self.module, value, value.name, "input")
        number = read_integer(value)
        if not -(1 << width - 1) <= number < 1 << width:
            raise value.error(f"tie: {value.name}: {number} does not fit its {width} bits")
        return number % (1 << width)

    def _ports(self, clocks: Mapping[str, int]) -> dict[str, DoorPort]:
        found: dict[str, DoorPort] = {}
        for name, value in self.fields["ports"].fields().items():
            if not NAME.fullmatch(name) or "__" in name or name.startswith("door"):
                raise value.error(f"ports: {name!r}: a name is letters, digits and single '_', not door...")
            entries = value.fields()
            if "kind" not in entries:
                raise value.error(f"ports: {name}: kind is missing; one of {', '.join(KINDS)}")
            kind = kind_of(entries["kind"])
            clock = entries["clock"].choice(*clocks) if "clock" in entries else next(iter(clocks))
            found[name] = kind(name, value, self.module, self.elaboration, f"clk_{clock}")
        share_memories(found)
        for port in found.values():
            after = getattr(port, "after", "")
            if after and not (isinstance(found.get(after), StreamPort) and found[after].loads):
                raise port.value.error(f"ports: {port.name}: after: {after!r} is no port that words go in by")
        return found

    def _connected(
        self,
        clocks: Mapping[str, int],
        resets: tuple[Reset, ...],
        ties: Mapping[str, int],
        ports: Mapping[str, DoorPort],
        steps: RunSteps,
    ) -> None:
        """Every input has exactly one driver."""
        owners: dict[str, list[tuple[int, str]]] = {}
        groups = [(name, "clocks", self.top) for name in clocks if name in self.module.ports]
        groups += [(r.port, "resets", self.top) for r in resets]
        groups += [(name, "tie", self.fields["tie"]) for name in ties]
        for port in ports.values():
            groups += [(theirs, f"ports: {port.name}", port.value) for theirs in port.wires]
        groups += [(name, "run", self.fields["run"]) for name in steps.pins]
        for theirs, owner, value in groups:
            part = self.pins.part(theirs)
            before = owners.setdefault(part.port, [])
            also = [other for mask, other in before if mask & part.mask]
            if also and self.module.ports[theirs].direction != "output":
                raise value.error(f"{owner}: {theirs!r} stands under {also[0]} too")
            before.append((part.mask, owner))
        for theirs, pin in self.module.ports.items():
            if pin.direction == "inout":
                raise self.fields["top"].error(f"top: {theirs!r} is an inout; wrap the module")
            open_bits = (1 << pin.width) - 1 & ~sum(mask for mask, _ in owners.get(theirs, []))
            if pin.direction == "input" and (open_bits or theirs not in owners):
                bit = open_bits.bit_length() - 1
                which = f"bit {bit} of input {theirs!r}" if theirs in owners else f"input {theirs!r}"
                raise self.fields["ports"].error(
                    f"ports: {which} of {self.module.name} ({pin.line}) is connected to nothing; tie it"
                )

    def _used(
        self, ports: Mapping[str, DoorPort], loads: tuple[PortTransfer, ...], outs: tuple[PortTransfer, ...]
    ) -> None:
        """A stream that nothing goes through is a description that is not finished."""
        for port in ports.values():
            if isinstance(port, StreamPort):
                there = {entry.field for entry in (loads if port.loads else outs) if entry.port is port}
                missing = [field for field in port.fields if field not in there]
                if missing:
                    where = "in" if port.loads else "out"
                    name = f"{port.name}.{missing[0]}" if missing[0] else port.name
                    raise port.value.error(f"ports: {port.name}: no entry of {where} names port {name}")

    def _scratch(self, ports: Mapping[str, DoorPort]) -> dict[str, tuple[tuple[int, int], ...]]:
        found: dict[str, tuple[tuple[int, int], ...]] = {}
        for name, value in self._map("scratch").items():
            port = ports.get(name)
            if not isinstance(port, (MemoryPort, Axi4Port)):
                raise value.error(f"scratch: {name} is no memory of ours")
            numbers = [read_integer(item) for item in value.items()]
            if len(numbers) % 2 or any(a >= b for a, b in zip(numbers[::2], numbers[1::2], strict=True)):
                raise value.error("scratch: PORT: [FIRST, END, ...], pairs of addresses, END one past the last")
            found[name] = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        return found
