"""Strict reading of JSON objects: every field is expected, typed and named in the error."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from t2c.common.shown import shown
from t2c.golden.errors import PackageError


class Fields:
    """A JSON object being consumed field by field; `close` refuses whatever nobody asked for.

    Args:
        data: the decoded JSON value.
        place: what an error message calls the object, such as "node 'conv1'".

    Raises:
        PackageError: data is not an object.
    """

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, dict):
            raise PackageError(f"{place}: not a JSON object")
        self._data: dict[str, Any] = dict(data)
        self.place = place

    def has(self, name: str) -> bool:
        """Whether the field is there and was not taken."""
        return name in self._data

    def take(self, name: str) -> Any:
        """Remove and return a field.

        Raises:
            PackageError: the field is missing.
        """
        if name not in self._data:
            raise PackageError(f"{self.place}: field {name!r} is missing")
        return self._data.pop(name)

    def _typed(self, name: str, kinds: type | tuple[type, ...], wanted: str) -> Any:
        value = self.take(name)
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise PackageError(f"{self.place}: field {name!r} = {shown(value)} is not {wanted}")
        return value

    def integer(self, name: str) -> int:
        return int(self._typed(name, int, "an integer"))

    def real(self, name: str) -> float:
        value = self._typed(name, (int, float), "a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise PackageError(f"{self.place}: field {name!r} = {shown(value)} is not a finite number")
        return number

    def boolean(self, name: str) -> bool:
        return bool(self._typed(name, bool, "true or false"))

    def text(self, name: str) -> str:
        return str(self._typed(name, str, "a string"))

    def integers(self, name: str) -> tuple[int, ...]:
        values = self._typed(name, list, "a list of integers")
        if any(isinstance(v, bool) or not isinstance(v, int) for v in values):
            raise PackageError(f"{self.place}: field {name!r} = {shown(values)} is not a list of integers")
        return tuple(values)

    def texts(self, name: str) -> tuple[str, ...]:
        values = self._typed(name, list, "a list of strings")
        if any(not isinstance(v, str) for v in values):
            raise PackageError(f"{self.place}: field {name!r} = {shown(values)} is not a list of strings")
        return tuple(values)

    def items(self, name: str) -> list[Any]:
        return list(self._typed(name, list, "a list"))

    def optional_items(self, name: str) -> list[Any]:
        return self.items(name) if name in self._data else []

    def object(self, name: str) -> Fields:
        """Remove a field that is itself an object and return its reader."""
        return Fields(self.take(name), f"{self.place}: field {name!r}")

    def rest(self) -> dict[str, Any]:
        """Remove and return all remaining fields; for objects with free names."""
        data, self._data = self._data, {}
        return data

    def close(self) -> None:
        """Refuse fields that were not taken.

        Raises:
            PackageError: an unknown field is left.
        """
        if self._data:
            raise PackageError(f"{self.place}: unknown field {shown(sorted(self._data)[0])}")

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Turn a ValueError from inside into a PackageError that names this object; `place` may change meanwhile."""
        try:
            yield
        except PackageError:
            raise
        except ValueError as error:
            raise PackageError(f"{self.place}: {error}") from error
