"""Integer expressions of a unit's parameters, as descriptions use them: `ROWS + COLS - 1`, `1 << LEN_W`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

_BINARY: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_LIMIT = 1 << 64


def evaluate(expression: str | int, parameters: Mapping[str, int]) -> int:
    """The value of an expression of integers, parameter names, + - * // << >> and clog2().

    Raises:
        ValueError: anything else; the message says what.
    """
    if isinstance(expression, int):
        return expression
    try:
        tree = ast.parse(expression.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(f"{expression!r} is no expression") from error
    try:
        value = _value(tree, parameters)
    except (ZeroDivisionError, OverflowError) as error:
        raise ValueError(f"{expression!r} has no value") from error
    if abs(value) > _LIMIT:
        raise ValueError(f"{expression!r} is beyond 64 bits")
    return value


def _value(tree: ast.expr, parameters: Mapping[str, int]) -> int:
    match tree:
        case ast.Constant(value=int(value)) if not isinstance(value, bool):
            return value
        case ast.Name(id=name):
            if name not in parameters:
                raise ValueError(f"{name!r} is none of the unit's parameters: {', '.join(parameters)}")
            return parameters[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, parameters)
        case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _BINARY:
            a, b = _value(left, parameters), _value(right, parameters)
            if isinstance(kind, (ast.LShift, ast.RShift)) and not 0 <= b <= 64:
                raise ValueError(f"a shift by {b}")
            return _BINARY[type(kind)](a, b)
        case ast.Call(func=ast.Name(id="clog2"), args=[argument], keywords=[]):
            return max(_value(argument, parameters) - 1, 0).bit_length()
    raise ValueError(f"{ast.unparse(tree)!r} is no integer, parameter or + - * // << >> clog2() of them")
