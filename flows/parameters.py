"""Parameters of a task: what the yaml may say, checked when it is read."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, get_args, get_origin

from t2c.common.shown import shown
from t2c.flows.errors import FlowError
from t2c.flows.expressions import Expression
from t2c.flows.plain import as_plain
from t2c.flows.version import own_version

REQUIRED: Any = object()
"""Default of a parameter that the yaml must give."""
_WORDS = {
    **{int: "an integer", float: "a number", bool: "true or false", str: "a text"},
    **{Expression: "an expression", dict: "a list of 'key: value' entries"},
}


class ParameterError(FlowError):
    """A parameter that cannot be as it is given. name: of the parameter, or of an entry of it as `over.task.epochs`."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


@dataclass(frozen=True)
class Parameter:
    """One parameter of a task.

    kind: int, float, bool, str, dict, Expression, or list[...] of one of them; default: REQUIRED if there is none;
    least, most: smallest and largest value, of each element of a list; choices: legal values, all if empty; meaning: a
    line of help.
    """

    kind: Any
    default: Any = REQUIRED
    least: float | None = None
    most: float | None = None
    choices: tuple[Any, ...] = ()
    meaning: str = ""

    def read(self, name: str, value: Any) -> Any:
        """The value that a yaml gives, where numbers are texts, or plain JSON.

        Raises:
            FlowError: it is of another kind, or out of range.
        """
        if get_origin(self.kind) is list:
            items = value if isinstance(value, (list, tuple)) else [value]
            return [self._one(f"{name}[{index}]", item, get_args(self.kind)[0]) for index, item in enumerate(items)]
        return self._one(name, value, self.kind)

    def _one(self, name: str, value: Any, kind: Any) -> Any:
        found = _of_kind(value, kind)
        if found is None:
            raise FlowError(f"{name} = {shown(value)} is not {_WORDS[kind]}")
        if self.choices and found not in self.choices:
            raise FlowError(f"{name} = {shown(value)} is not one of {', '.join(map(str, self.choices))}")
        if self.least is not None and found < self.least:
            raise FlowError(f"{name} = {found} is below {self.least}")
        if self.most is not None and found > self.most:
            raise FlowError(f"{name} = {found} is above {self.most}")
        return found


def _of_kind(value: Any, kind: Any) -> Any:
    """A value as what is wanted; None if it is something else."""
    if isinstance(value, Expression):
        return value if kind is Expression else None
    if kind is Expression:
        return Expression(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    if kind is bool or isinstance(value, bool):
        return value if kind is bool and isinstance(value, bool) else None
    if kind in (str, dict):
        return value if isinstance(value, kind) and value else None
    if kind is int:
        text = str(value) if isinstance(value, (str, int)) else ""
        return int(text) if re.fullmatch(r"[-+]?[0-9]{1,18}", text) else None
    try:
        number = float(value) if isinstance(value, (str, int, float)) else math.nan
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


class Configured:
    """A task or control task with the parameters that its class declares; their values are attributes of it."""

    parameters: ClassVar[Mapping[str, Parameter]] = {}

    def __init__(self, **given: Any) -> None:
        """Read the parameters.

        Raises:
            ParameterError: one is unknown, missing, of the wrong kind or out of range.
            FlowError: they do not go together.
        """
        for name in given:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise ParameterError(name, f"unknown parameter {shown(name)}; there are: {known}")
        for name, parameter in self.parameters.items():
            if name in given:
                try:
                    setattr(self, name, parameter.read(name, given[name]))
                except FlowError as error:
                    raise ParameterError(name, str(error)) from error
            elif parameter.default is REQUIRED:
                raise FlowError(f"{name} is missing: {parameter.meaning or _word(parameter.kind)}")
            else:
                setattr(self, name, parameter.default)
        self.check()

    def check(self) -> None:
        """Refuse values that do not go together, such as a budget too small for one trial, by raising FlowError."""

    def metrics_used(self) -> Collection[str]:
        """Names of metrics that it needs: those of its expressions."""
        values = [getattr(self, name) for name in self.parameters]
        return {name for value in values if isinstance(value, Expression) for name in value.names}

    def stated(self) -> dict[str, Any]:
        """All parameters as plain JSON."""
        values = {name: getattr(self, name) for name in self.parameters}
        return {
            name: value.text if isinstance(value, Expression) else as_plain(value, name)
            for name, value in values.items()
        }

    def identity(self) -> Any:
        """What else decides what it does, plain JSON: the digest of a file that is none of ours."""
        return own_version(type(self))


def _word(kind: Any) -> str:
    return f"a list, each {_WORDS[get_args(kind)[0]]}" if get_origin(kind) is list else _WORDS[kind]
