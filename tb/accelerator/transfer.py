"""Entries of `in` and `out`: which tensor (or file, or words) lies where in which port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2c.common.errors import UserError
from t2c.common.strict_yaml import Value, YamlError
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.layouts.element_map import ElementMap
from t2c.layouts.own_layout import is_own_layout, own_layout
from t2c.layouts.pattern import LayoutError
from t2c.tb.accelerator.bits import Bits
from t2c.tb.accelerator.placement import PlacementError, WordPlacement
from t2c.tb.accelerator.port import DoorPort
from t2c.tb.accelerator.tensors import NamedTensor, TensorBook, tensor_of_file
from t2c.tb.dut.source_fields import bounded_integer, find_beside, read_integer

KEYS = (
    *("tensor", "file", "words", "port", "at", "bits", "slot", "signed", "lanes", "order", "layout", "pad"),
    *("repeat", "last", "once", "any"),
)
SOURCES = ("tensor", "file", "words", "any")


@dataclass(frozen=True, kw_only=True, eq=False)
class PortTransfer:
    """An entry that has been read, before there are tensors. field: of the port; into: an entry of `in`; roots: folders
    in which a file of it may lie; once: it goes in with the first run and the first after a reset only."""

    value: Value
    entries: Mapping[str, Value]
    port: DoorPort
    field: str
    into: bool
    once: bool
    roots: tuple[Path, ...]

    @property
    def port_name(self) -> str:
        """The port, and the field of its words if it has several."""
        return f"{self.port.name}.{self.field}" if self.field else self.port.name

    def bind(self, book: TensorBook | None) -> PlacedTensor:
        """Find its tensor and lay it out; raise YamlError for what does not fit."""
        width = self.port.fields[self.field]
        tensor = self._tensor(book, width)
        bits = self._number("bits", width if {"words", "any"} & set(self.entries) else tensor.bits, 1, 64)
        slot = self._number("slot", bits, bits, 1 << 16)
        try:
            signed = self.entries["signed"].choice("true", "false") == "true" if "signed" in self.entries else None
            lanes = self._number("lanes", 0, 1, 1 << 16) or WordPlacement.lanes_of(width, slot)
            placement = WordPlacement(
                elements=self._elements(tensor),
                width=width,
                slot=slot,
                bits=bits,
                lanes=lanes,
                msb_first=self._choice("order", "lsb_first", "msb_first") == "msb_first",
                pad=self._number("pad", 0, -(1 << 63), (1 << 63) - 1) if "pad" in self.entries or self.into else None,
            )
        except (PlacementError, LayoutError) as error:
            raise self.entries.get("layout", self.value).error(f"{tensor.name}: {error}") from error
        signed = tensor.signed if signed is None else signed
        if "words" not in self.entries:
            self._check_range(tensor, bits, signed)
        return PlacedTensor(
            transfer=self,
            tensor=tensor,
            placement=placement,
            signed=signed,
            ats=self._addresses(),
            repeat=self._number("repeat", 1, 1, 1 << 20),
        )

    def _tensor(self, book: TensorBook | None, width: int) -> NamedTensor:
        if "any" in self.entries:
            held = np.zeros((1, self._number("any", 0, 1, 1 << 24)), np.int64)
            return NamedTensor(name="any", bits=min(width, 64), signed=False, values=held, order=-1)
        try:
            if "file" in self.entries:
                return tensor_of_file(find_beside(self.roots, self.entries["file"]))
            if "tensor" in self.entries:
                assert book is not None
                return book.find(self.entries["tensor"].text())
        except YamlError:
            raise
        except UserError as error:
            raise self.value.error(str(error)) from error
        values = [read_integer(item) for item in self.entries["words"].items()]
        low, high = -(1 << max(width - 1, 0)), 1 << width
        for item, word in zip(self.entries["words"].items(), values, strict=True):
            if not low <= word < high or abs(word) >= 1 << 63:
                raise item.error(f"words: {word} does not fit {min(width, 63)} bits")
        if not values:
            raise self.value.error("words: the list is empty")
        held = np.array(values, np.int64)[np.newaxis]
        return NamedTensor(name="words", bits=min(width, 64), signed=False, values=held, order=-1)

    def _elements(self, tensor: NamedTensor) -> IntArray:
        """Numbers of elements in the order of the words."""
        if "any" in self.entries:
            return np.full(tensor.shape, -1, np.int64)
        if "layout" in self.entries:
            text = self.entries["layout"].text()
            if is_own_layout(text):
                return own_layout(text, self.value.path.parent, tensor.shape)
            return ElementMap.of(text, tensor.shape).slots.reshape(-1)
        return np.arange(int(np.prod(tensor.shape)), dtype=np.int64)

    def _check_range(self, tensor: NamedTensor, bits: int, signed: bool) -> None:
        form = IntFormat(bits=bits, signed=signed)
        for value in (int(tensor.values.min()), int(tensor.values.max())):
            if not form.lo <= value <= form.hi:
                kind = "signed" if signed else "unsigned"
                raise self.value.error(f"{tensor.name}: {value} does not fit {bits} {kind} bits")

    def _addresses(self) -> tuple[int, ...]:
        """Of its first word: one, or several that take turns."""
        if not self.port.addressed:
            return (0,)
        found = tuple(read_integer(item) for item in self.entries["at"].items())
        if not found or not all(0 <= at < 1 << 63 for at in found):
            raise self.entries["at"].error("at: an address, or a list of addresses that take turns")
        return found

    def _number(self, key: str, usual: int, low: int, high: int) -> int:
        return bounded_integer(self.entries, key, usual, low, high)

    def _choice(self, key: str, *choices: str) -> str:
        return self.entries[key].choice(*choices) if key in self.entries else choices[0]

    @property
    def last_every(self) -> int:
        """`last` ends a packet of so many words; 0: at the end of the port's words only; -1: the entry's end."""
        if "last" not in self.entries:
            return 0
        if self.entries["last"].scalar() == "end":
            return -1
        return self._number("last", 0, 1, 1 << 32)


@dataclass(frozen=True, kw_only=True, eq=False)
class PlacedTensor:
    """A tensor that has its place. ats: first word (byte, if the port counts bytes), of runs in turn; repeat: so often
    in a row."""

    transfer: PortTransfer
    tensor: NamedTensor
    placement: WordPlacement
    signed: bool
    ats: tuple[int, ...]
    repeat: int

    @property
    def name(self) -> str:
        return self.tensor.name

    @property
    def words(self) -> int:
        return self.placement.words * self.repeat

    def at(self, run: int) -> int:
        """Its first word in a run."""
        return self.ats[run % len(self.ats)]

    def lay(self, run: int) -> tuple[Bits, Bits]:
        """Words of a run and which bits of them count."""
        words, care = self.placement.lay(self.tensor.of_run(run))
        return np.tile(words, (self.repeat, 1)), np.tile(care, (self.repeat, 1))

    def coordinate(self, element: int) -> str:
        """An element as a report names it: conv1[2, 0, 5]."""
        index = np.unravel_index(element, self.tensor.shape)
        return f"{self.name}[{', '.join(str(int(axis)) for axis in index)}]"


def read_transfer(value: Value, ports: Mapping[str, DoorPort], into: bool, roots: tuple[Path, ...]) -> PortTransfer:
    """Read an entry of `in` or `out`, whose files lie in one of the roots.

    Raises:
        YamlError: an unknown key or port, or what that kind of port does not have.
    """
    entries = value.only(*KEYS)
    if sum(source in entries for source in SOURCES) != 1:
        raise value.error(f"{value.name}: an entry names one of {', '.join(SOURCES)}")
    if "any" in entries and into:
        raise entries["any"].error("any: words of any value are for out")
    for key in ("layout", "pad", "bits", "slot", "lanes", "order"):
        if "any" in entries and key in entries:
            raise entries[key].error(f"{key}: words of any value have none")
    if "port" not in entries:
        raise value.error(f"{value.name}: port is missing")
    name, _, field = entries["port"].text().partition(".")
    if name not in ports:
        raise entries["port"].error(f"port: there is no port {name!r}; there are {', '.join(ports)}")
    port = ports[name]
    if not (port.loads if into else port.gives):
        what = "takes nothing" if into else "gives nothing"
        raise entries["port"].error(f"port: {name} ({port.kind}) {what} that could stand under {value.name}")
    if field not in port.fields:
        there = ", ".join(f"{name}.{known}" for known in port.fields if known) or name
        raise entries["port"].error(f"port: {name} has no field {field!r}; there are {there}")
    if "at" in entries and not port.addressed:
        raise entries["at"].error(f"at: {name} ({port.kind}) has no addresses")
    if port.addressed and "at" not in entries:
        raise value.error(f"{value.name}: {name} ({port.kind}) needs at: ADDRESS")
    if "once" in entries and not (into and port.keeps):
        raise entries["once"].error(f"once: {name} ({port.kind}) is filled anew for every run")
    if "last" in entries and not getattr(port, "has_last", False):
        raise entries["last"].error(f"last: {name} has no last")
    once = "once" in entries and entries["once"].choice("true", "false") == "true"
    return PortTransfer(value=value, entries=entries, port=port, field=field, into=into, once=once, roots=roots)
