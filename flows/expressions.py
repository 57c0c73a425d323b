"""Expressions over metrics, such as `accuracy >= first.accuracy - 0.01 and luts < 2000`: read once, with no eval.

`NAME` is the latest value of a metric and `first.NAME` its earliest. There are numbers, + - * / **, comparisons, which
are 1 or 0, `and`, `or`, `not`, and min, max and abs.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from t2c.common.shown import shown
from t2c.flows.errors import FlowError
from t2c.flows.metamodel import Metamodel

FIRST = "first"
LONGEST, DEEPEST = 1000, 100
"""Characters of an expression, and levels of it."""
_BINARY: dict[type[ast.AST], Callable[[float, float], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_UNARY: dict[type[ast.AST], Callable[[float], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_CALLS: dict[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs}


@dataclass(frozen=True)
class Expression:
    """text: as the yaml has it.

    Raises:
        FlowError: it is none of this language.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > LONGEST:
            raise FlowError(f"an expression of {len(self.text)} characters, {LONGEST} are allowed")
        try:
            _check(self._tree, self.text, DEEPEST)
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            raise FlowError(f"{shown(self.text)} is no expression") from error

    @cached_property
    def _tree(self) -> ast.expr:
        return ast.parse(self.text.strip(), mode="eval").body

    @cached_property
    def names(self) -> frozenset[str]:
        """The metrics in it."""
        return frozenset(_names(self._tree))

    def value(self, given: Metamodel) -> float:
        """What it comes to; a comparison is 1 or 0.

        Raises:
            FlowError: a metric was not measured, or the result is no finite number.
        """
        try:
            found = float(_value(self._tree, given))
        except (ArithmeticError, TypeError) as error:
            raise FlowError(f"{shown(self.text)} has no value: {error}") from error
        if not math.isfinite(found):
            raise FlowError(f"{shown(self.text)} is {found}")
        return found

    def holds(self, given: Metamodel) -> bool:
        """Whether it comes to something else than 0; errors as `value`."""
        return self.value(given) != 0


def _check(node: ast.expr, text: str, depth: int) -> None:
    """Raise FlowError for what is not of the language; depth: levels that are left."""
    if not depth:
        raise FlowError(f"{shown(text)} is nested too deep for an expression")
    parts: list[ast.expr] = []
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            float(number)
        case ast.Name(id=name) if name != FIRST:
            pass
        case ast.Attribute(value=ast.Name(id="first")):
            pass
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            parts = [left, right]
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
            parts = [operand]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Compare(left=left, ops=ops, comparators=rest) if all(type(op) in _BINARY for op in ops):
            parts = [left, *rest]
        case ast.Call(func=ast.Name(id=name), args=parts, keywords=[]) if name in _CALLS:
            if (name == "abs" and len(parts) != 1) or len(parts) < (1 if name == "abs" else 2):
                raise FlowError(f"{shown(text)}: {name} of {len(parts)} values")
        case _:
            raise FlowError(f"{shown(text)}: {shown(ast.unparse(node))} is not allowed in an expression")
    for part in parts:
        _check(part, text, depth - 1)


def _names(tree: ast.expr) -> Iterator[str]:
    calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name) and node.id != FIRST and id(node) not in calls:
            yield node.id


def _value(node: ast.expr, given: Metamodel) -> float:
    match node:
        case ast.Constant(value=number):
            return float(number)  # type: ignore[arg-type]  # _check has let numbers through only
        case ast.Name(id=name):
            return given.value(name)
        case ast.Attribute(attr=name):
            return given.first(name)
        case ast.BinOp(left=left, op=op, right=right):
            return float(_BINARY[type(op)](_value(left, given), _value(right, given)))
        case ast.UnaryOp(op=op, operand=operand):
            return float(_UNARY[type(op)](_value(operand, given)))
        case ast.BoolOp(op=ast.And(), values=values):
            return float(all(_value(part, given) for part in values))
        case ast.BoolOp(values=values):
            return float(any(_value(part, given) for part in values))
        case ast.Compare(left=left, ops=ops, comparators=rest):
            sides = [_value(part, given) for part in (left, *rest)]
            return float(all(_BINARY[type(op)](*pair) for op, pair in zip(ops, pairwise(sides), strict=True)))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return float(_CALLS[name](*(_value(part, given) for part in arguments)))
    raise AssertionError(node)
