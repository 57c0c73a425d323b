"""What a kind of node declares of its fields: how JSON holds each, and which of them memories hold as constants.

A field knows the name that the attribute and the JSON object share. Tensors lie in the tensor file under
`<node>.<field>`; JSON holds that key.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy.typing as npt

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntArray, as_int64
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import shortened
from t2c.golden.errors import PackageError
from t2c.golden.graph.constant import Constant, Storage
from t2c.golden.graph.json_fields import Fields

Store = Callable[[str, IntArray], str]
"""Takes the name and the values of a tensor and returns its key."""


def signed_limits(bits: int) -> tuple[int, int]:
    """Least and largest two's complement number of so many bits."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """What fields are read from besides JSON. tensors: by key; widths: of the graph."""

    tensors: Mapping[str, npt.NDArray[Any]]
    widths: Widths


@dataclass(frozen=True)
class Field(ABC):
    """One field of a node, or of an object in it.

    limits: least and largest integer in it, where it declares any; optional: its value may be None, and JSON then has
    no such member.
    """

    name: str
    limits: tuple[int, int] | None = field(default=None, kw_only=True)
    optional: bool = field(default=False, kw_only=True)

    @abstractmethod
    def write(self, value: Any, store: Store) -> Any:
        """Return what JSON holds."""

    @abstractmethod
    def read(self, fields: Fields, source: Source) -> Any:
        """Take the field from a JSON object and return the value.

        Raises:
            PackageError: it is missing or of another type.
            ValueError: its value is out of range; the caller knows the node's name.
        """

    def constants(self, owner: Any, value: Any) -> tuple[Constant, ...]:
        """The constants that memories hold of it. owner: what the field belongs to."""
        del owner, value
        return ()

    @property
    def tensors(self) -> tuple[str, ...]:
        """What its tensors are called in the store; a node needs a name for each."""
        return ()


@dataclass(frozen=True)
class Integer(Field):
    """An int."""

    def write(self, value: Any, store: Store) -> int:
        return int(value)

    def read(self, fields: Fields, source: Source) -> int:
        return fields.integer(self.name)


@dataclass(frozen=True)
class Boolean(Field):
    """A bool."""

    def write(self, value: Any, store: Store) -> bool:
        return bool(value)

    def read(self, fields: Fields, source: Source) -> bool:
        return fields.boolean(self.name)


@dataclass(frozen=True)
class Text(Field):
    """A str."""

    def write(self, value: Any, store: Store) -> str:
        return str(value)

    def read(self, fields: Fields, source: Source) -> str:
        return fields.text(self.name)


@dataclass(frozen=True)
class Integers(Field):
    """A tuple of ints, such as a pair (vertical, horizontal)."""

    def write(self, value: Any, store: Store) -> list[int]:
        return list(value)

    def read(self, fields: Fields, source: Source) -> tuple[int, ...]:
        return fields.integers(self.name)


@dataclass(frozen=True)
class Sides(Integers):
    """Padding: a pair where both sides are alike on either axis, else (top, bottom, left, right)."""

    def write(self, value: Any, store: Store) -> list[int]:
        return list(shortened(value))


@dataclass(frozen=True)
class Numbers(Field):
    """A tuple of ints of any length, such as a shape; limits: of each."""

    def write(self, value: Any, store: Store) -> list[int]:
        return list(value)

    def read(self, fields: Fields, source: Source) -> tuple[int, ...]:
        return fields.integers(self.name)


@dataclass(frozen=True)
class RoundingMode(Field):
    """A mode of docs/arithmetic.md section 2."""

    def write(self, value: Any, store: Store) -> str:
        return str(value.value)

    def read(self, fields: Fields, source: Source) -> Rounding:
        return Rounding.parse(fields.text(self.name))


@dataclass(frozen=True)
class Tensor(Field):
    """Integers of any shape, a constant that memories hold. storage: how, from what the field belongs to."""

    storage: Callable[[Any], Storage]

    def write(self, value: Any, store: Store) -> str:
        return store(self.name, value)

    def read(self, fields: Fields, source: Source) -> IntArray:
        key = fields.text(self.name)
        if key not in source.tensors:
            raise PackageError(f"{fields.place}: field {self.name!r}: tensor {shown(key)} is missing")
        return as_int64(self.name, source.tensors[key])

    def constants(self, owner: Any, value: Any) -> tuple[Constant, ...]:
        return (Constant(name=self.name, values=value, storage=self.storage(owner)),)

    @property
    def tensors(self) -> tuple[str, ...]:
        return (self.name,)


@dataclass(frozen=True, kw_only=True)
class Record(Field):
    """An object with fields of its own.

    members: its fields, in JSON's order; make: from their values, by name, to the object; part: from the object and
    the name of a member to its value; with_widths: make takes the graph's `widths` besides; stored: the constants that
    memories hold, where they are not simply those of the members; prefix: of the names of tensors and constants, for a
    node with two records of one kind: `replace(MULQUANT, name="second", prefix="second_")`.
    """

    name: str
    members: tuple[Field, ...]
    make: Callable[..., Any]
    part: Callable[[Any, str], Any] = getattr
    with_widths: bool = False
    stored: Callable[[Any], tuple[Constant, ...]] | None = None
    prefix: str = ""

    def write(self, value: Any, store: Store) -> dict[str, Any]:
        def prefixed(name: str, values: IntArray) -> str:
            return store(self.prefix + name, values)

        held = {member: self.part(value, member.name) for member in self.members}
        return {m.name: m.write(part, prefixed) for m, part in held.items() if part is not None or not m.optional}

    def read(self, fields: Fields, source: Source) -> Any:
        inner = fields.object(self.name)
        there = (member for member in self.members if not member.optional or inner.has(member.name))
        given = {member.name: member.read(inner, source) for member in there}
        if self.with_widths:
            given["widths"] = source.widths
        made = self.make(**given)
        inner.close()
        return made

    def constants(self, owner: Any, value: Any) -> tuple[Constant, ...]:
        held = self.stored(value) if self.stored else self._held(value)
        return tuple(replace(constant, name=self.prefix + constant.name) for constant in held)

    def _held(self, value: Any) -> Iterator[Constant]:
        for member in self.members:
            part = self.part(value, member.name)
            if part is not None or not member.optional:
                yield from member.constants(value, part)

    @property
    def tensors(self) -> tuple[str, ...]:
        return tuple(self.prefix + name for member in self.members for name in member.tensors)
