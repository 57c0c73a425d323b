"""What a search may set: parameters of tasks, each with a range or a list of values."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from t2c.common.shown import shown
from t2c.flows.errors import FlowError
from t2c.flows.graph import Flow
from t2c.flows.parameters import Parameter, ParameterError

Settings = dict[str, Any]
"""Values by `task.parameter`."""


@dataclass(frozen=True, kw_only=True)
class Searched:
    """A parameter that is searched.

    name: `task.parameter`; values: all that it may be, or none for a range; low, high: ends of a range, both of it;
    whole: integers only; log: even in its logarithm; steps: values of a grid over the range, 0 if none are given.
    """

    name: str
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    log: bool = False
    steps: int = 0

    def at(self, share: float) -> Any:
        """The value at a share of the range or list, 0 <= share < 1."""
        if self.values:
            return self.values[int(share * len(self.values))]
        if self.log:
            found = self.low * (self.high / self.low) ** share
        else:
            found = self.low + (self.high - self.low + self.whole) * share
        return min(math.floor(found), int(self.high)) if self.whole else found

    def grid(self) -> list[Any]:
        """All values of a grid.

        Raises:
            ParameterError: a range of numbers without steps.
        """
        if self.values:
            return list(self.values)
        if self.steps > 1:
            shares = [step / (self.steps - 1) for step in range(self.steps)]
            ends = [min(max(self._between(share), self.low), self.high) for share in shares]
            return list(dict.fromkeys(round(value) for value in ends)) if self.whole else ends
        if self.whole and not self.steps:
            return list(range(int(self.low), int(self.high) + 1))
        raise ParameterError(
            f"over.{self.name}", f"over.{self.name}: a grid over a range of numbers needs steps: 2 or more"
        )

    def _between(self, share: float) -> float:
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share


def read_space(over: Mapping[str, Any], body: Flow) -> tuple[Searched, ...]:
    """What a yaml gives.

    Args:
        over: by `task.parameter`: [low, high] of numbers, another list of values, {values: [...]}, or {low: , high: ,
            log: true, steps: N}; body: the tasks.

    Raises:
        ParameterError: a task or parameter that is not there, a value that it does not take, an empty range.
    """
    return tuple(_searched(name, given, _parameter(name, body)) for name, given in over.items())


def _parameter(name: str, body: Flow) -> Parameter:
    task, _, parameter = name.partition(".")
    if task not in body.nodes:
        raise ParameterError(f"over.{name}", f"over.{name}: there is no task {shown(task)} in the body")
    known = body.nodes[task].task.parameters
    if parameter not in known:
        there = ", ".join(known) or "none"
        raise ParameterError(
            f"over.{name}", f"over.{name}: {task} has no parameter {shown(parameter)}; there are: {there}"
        )
    return known[parameter]


def _searched(name: str, given: Any, parameter: Parameter) -> Searched:
    try:
        if isinstance(given, Mapping):
            if unknown := given.keys() - {"values", "low", "high", "log", "steps"}:
                raise FlowError(f"unknown field {shown(min(unknown))}; there are values, low, high, log, steps")
            if "values" in given:
                return _listed(name, given["values"], parameter)
            return _range(name, given, parameter)
        if isinstance(given, list) and len(given) == 2 and parameter.kind in (int, float):
            return _range(name, {"low": given[0], "high": given[1]}, parameter)
        return _listed(name, given, parameter)
    except FlowError as error:
        raise ParameterError(f"over.{name}", f"over.{name}: {error}") from error


def _listed(name: str, given: Any, parameter: Parameter) -> Searched:
    if not isinstance(given, list) or not given:
        raise FlowError("[low, high] or a list of values is wanted")
    values = tuple(parameter.read("value", value) for value in given)
    return Searched(name=name, values=values)


def _range(name: str, given: Mapping[str, Any], parameter: Parameter) -> Searched:
    if parameter.kind not in (int, float):
        raise FlowError("only numbers have a range; a list of values is wanted")
    if not {"low", "high"} <= given.keys():
        raise FlowError("low and high are wanted")
    low, high = parameter.read("low", given["low"]), parameter.read("high", given["high"])
    log = Parameter(bool).read("log", given.get("log", False))
    if low >= high:
        raise FlowError(f"the range {low} to {high} is empty")
    if log and low <= 0:
        raise FlowError(f"low = {low} has no logarithm")
    steps = Parameter(int, least=2, most=100_000).read("steps", given["steps"]) if "steps" in given else 0
    return Searched(name=name, low=low, high=high, whole=parameter.kind is int, log=log, steps=steps)


def grid_of(space: Sequence[Searched]) -> list[Settings]:
    """All combinations, the last parameter fastest; errors as `Searched.grid`."""
    return [
        dict(zip([part.name for part in space], values, strict=True)) for values in product(*(p.grid() for p in space))
    ]


def drawn_from(space: Sequence[Searched], count: int, seed: int) -> list[Settings]:
    """Combinations at random, each parameter even."""
    chance = random.Random(seed)
    return [{part.name: part.at(chance.random()) for part in space} for _ in range(count)]
