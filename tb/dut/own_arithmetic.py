"""A function of the user's own that says what a unit computes, in the place of golden: integers in, an integer out."""

from __future__ import annotations

import inspect
import operator
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.errors import UserError
from t2c.common.own_python import find_python, line_of

Input = int | str | list[int]


@dataclass(frozen=True, kw_only=True)
class OwnArithmetic:
    """The function, checked each time it is called.

    where: FILE.py:FUNCTION; takes: names of the arguments that it wants; call: the function; least, largest: of what it
    may return.
    """

    where: str
    takes: tuple[str, ...]
    call: Callable[..., Any]
    least: int
    largest: int

    def result(self, values: Mapping[str, Input]) -> int:
        """What it makes of named inputs, of which it gets those that it takes.

        Raises:
            UserError: it raised something, or returned what is no integer or has too many bits.
        """
        found, place = self._called(values)
        return self._integer(found, place)

    def results(self, values: Mapping[str, Input], count: int) -> list[int]:
        """The same of a function that returns a list.

        Raises:
            UserError: it raised something, or returned no list, another number of elements, or one that is not right.
        """
        found, place = self._called(values)
        if not isinstance(found, (list, tuple)):
            raise UserError(f"{place} returned {found!r}, which is no list")
        if len(found) != count:
            raise UserError(f"{place} returned {len(found)} elements, not {count}")
        return [self._integer(value, place) for value in found]

    def _called(self, values: Mapping[str, Input]) -> tuple[Any, str]:
        """What it returned, and the call as it is written."""
        given = {name: values[name] for name in self.takes}
        shown = ", ".join(f"{name}={value}" for name, value in given.items())
        place = f"{os.path.relpath(self.where)}({shown})"
        try:
            return self.call(**given), place
        except (Exception, SystemExit) as error:  # whatever a user's function raises, its user mends it
            line = line_of(error, Path(self.where.rpartition(":")[0]))
            raise UserError(f"{place}: {line}{type(error).__name__}: {error}") from error

    def _integer(self, found: Any, place: str) -> int:
        try:
            value = operator.index(found)
        except TypeError:
            value = None
        if value is None or isinstance(found, bool):
            raise UserError(f"{place} returned {found!r}, which is no integer")
        if not self.least <= value <= self.largest:
            raise UserError(f"{place} returned {value}, outside {self.least}..{self.largest}")
        return value


def own_arithmetic(where: str, names: Sequence[str], least: int, largest: int) -> OwnArithmetic:
    """Find FILE.py:FUNCTION, which takes some of the names as arguments, or all as `**values`.

    Raises:
        UserError: there is none, or it takes something else.
    """
    call = find_python(where).call
    try:
        parameters = inspect.signature(call).parameters.values()
    except (TypeError, ValueError) as error:
        raise UserError(f"{where}: it says nothing of its arguments") from error
    kinds = inspect.Parameter
    if any(one.kind in (kinds.POSITIONAL_ONLY, kinds.VAR_POSITIONAL) for one in parameters):
        raise UserError(f"{where}: it is called by names, {', '.join(names)}")
    wanted = [one.name for one in parameters if one.kind is not kinds.VAR_KEYWORD]
    for one in parameters:
        if one.name in wanted and one.name not in names and one.default is kinds.empty:
            raise UserError(f"{where}: it takes {one.name!r}; there are {', '.join(names)}")
    everything = any(one.kind is kinds.VAR_KEYWORD for one in parameters)
    takes = tuple(name for name in names if everything or name in wanted)
    return OwnArithmetic(where=where, takes=takes, call=call, least=least, largest=largest)
