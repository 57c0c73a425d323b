"""Expressions of bits, as `inputs` and `outputs` of a description use them, in Verilog that loses nothing.

Names of signals and parameters, integers, + - * << >> & | ^ ~, slices x[7:0] and x[3], {a, b} with the first in the
highest bits, signed(x) and unsigned(x) of the same bits, bits(x, N) for the lowest N. Every step has as many bits as
its values need.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from t2c.tb.dut.expressions import evaluate

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.LShift: "<<<",
    ast.RShift: ">>>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_EXACT: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
}
WIDEST = 4096


@dataclass(frozen=True, kw_only=True)
class Term:
    """A signal that an expression may name. verilog: its bits; low, high: values that it can have."""

    verilog: str
    width: int
    signed: bool
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class BitExpression:
    """An expression in Verilog. lines: that declare nets; net: that holds it, signed; low, high: its values; exact:
    bits of what is a vector itself, a name, a slice or a join, and no number; names: of the signals in it."""

    lines: tuple[str, ...]
    net: str
    low: int
    high: int
    exact: int | None
    names: frozenset[str]

    def fits(self, width: int, *, signed: bool) -> bool:
        """Whether a port of that width takes it whole; what is a vector itself fits its own width in any case."""
        if self.exact == width:
            return True
        least, beyond = -(1 << width - 1), 1 << (width - 1 if signed or self.low < 0 else width)
        return least <= self.low and self.high < beyond


def parsed(text: str) -> ast.expr:
    """The tree of an expression.

    Raises:
        ValueError: it is none.
    """
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{text!r} is no expression") from error


def names_in(text: str) -> set[str]:
    """All names of an expression, those of parameters and functions too; none of what is no expression."""
    try:
        return {node.id for node in ast.walk(parsed(text)) if isinstance(node, ast.Name)}
    except ValueError:
        return set()


def compiled(text: str, prefix: str, terms: Mapping[str, Term], parameters: Mapping[str, int]) -> BitExpression:
    """An expression in Verilog.

    Args:
        text: of the description.
        prefix: of all nets.
        terms: signals by name.
        parameters: integers by name.

    Raises:
        ValueError: a name that is not there, a step that is none of these, or a slice beyond what is sliced.
    """
    compiler = _Compiler(prefix=prefix, terms=terms, parameters=parameters)
    try:
        found = compiler.step(parsed(text))
    except (OverflowError, MemoryError, RecursionError) as error:
        raise ValueError(f"{text!r} has no value") from error
    return BitExpression(
        lines=tuple(compiler.lines),
        net=found.net,
        low=found.low,
        high=found.high,
        exact=found.exact,
        names=frozenset(compiler.used),
    )


@dataclass(frozen=True, kw_only=True)
class _Step:
    """net: signed, wide enough; raw: the bits of what is a vector itself, and exact how many."""

    net: str
    low: int
    high: int
    raw: str = ""
    exact: int | None = None


@dataclass(kw_only=True)
class _Compiler:
    prefix: str
    terms: Mapping[str, Term]
    parameters: Mapping[str, int]
    lines: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    count: int = 0

    def step(self, tree: ast.expr) -> _Step:
        match tree:
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return self._number(value)
            case ast.Name(id=name) if name in self.terms:
                self.used.add(name)
                term = self.terms[name]
                return self._vector(term.verilog, term.width, signed=term.signed, low=term.low, high=term.high)
            case ast.Name(id=name):
                if name not in self.parameters:
                    raise ValueError(f"{name!r} is none of {', '.join([*self.terms, *self.parameters])}")
                return self._number(self.parameters[name])
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.step(operand)
                return self._made(f"-{inner.net}", -inner.high, -inner.low)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                inner = self.step(operand)
                if inner.exact is not None:
                    return self._vector(f"~{self._bits(inner)}", inner.exact)
                return self._made(f"~{inner.net}", ~inner.high, ~inner.low)
            case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _OPERATORS:
                return self._operation(kind, self.step(left), self.step(right))
            case ast.Subscript(
                value=value, slice=ast.Slice(lower=ast.expr() as first, upper=ast.expr() as last, step=None)
            ):
                return self._slice(self.step(value), self._fixed(first), self._fixed(last))
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                return self._slice(self.step(value), self._fixed(index), self._fixed(index))
            case ast.Set(elts=parts):
                return self._join([self.step(part) for part in parts])
            case ast.Call(func=ast.Name(id="signed" | "unsigned" as name), args=[argument], keywords=[]):
                inner = self.step(argument)
                return self._vector(self._bits(inner), self._width(inner), signed=name == "signed")
            case ast.Call(func=ast.Name(id="bits"), args=[argument, number], keywords=[]):
                return self._lowest(self.step(argument), self._fixed(number))
        known = "name, integer, + - * << >> & | ^ ~, slice, join, signed(), unsigned() or bits()"
        raise ValueError(f"{ast.unparse(tree)!r} is no {known}")

    def _fixed(self, tree: ast.expr) -> int:
        return evaluate(ast.unparse(tree), self.parameters)

    def _number(self, value: int) -> _Step:
        return self._made(f"{'-' if value < 0 else ''}{bits_of(value, value) + 1}'sd{abs(value)}", value, value)

    def _net(self, text: str, width: int) -> str:
        if width > WIDEST:
            raise OverflowError
        self.count += 1
        name = f"{self.prefix}_{self.count}"
        self.lines.append(f"    wire signed [{width - 1}:0] {name} = {text};")
        return name

    def _made(self, text: str, low: int, high: int) -> _Step:
        return _Step(net=self._net(text, bits_of(low, high)), low=low, high=high)

    def _vector(
        self, raw: str, width: int, *, signed: bool = False, low: int | None = None, high: int | None = None
    ) -> _Step:
        """Bits, and the number that they are."""
        self.count += 1
        name = f"{self.prefix}_{self.count}"
        self.lines.append(f"    wire [{width - 1}:0] {name} = {raw};")
        net = self._net(f"$signed({name})" if signed else f"$signed({{1'b0, {name}}})", width + (not signed))
        least, largest = (-(1 << width - 1), (1 << width - 1) - 1) if signed else (0, (1 << width) - 1)
        return _Step(
            net=net,
            low=least if low is None else low,
            high=largest if high is None else high,
            raw=name,
            exact=width,
        )

    def _operation(self, kind: ast.operator, a: _Step, b: _Step) -> _Step:
        text = f"{a.net} {_OPERATORS[type(kind)]} {b.net}"
        if isinstance(kind, (ast.LShift, ast.RShift)) and not 0 <= b.low <= b.high <= 64:
            raise ValueError(f"a shift by {b.low}..{b.high}")
        if type(kind) in _EXACT:
            ends = [_EXACT[type(kind)](x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
            return self._made(text, min(ends), max(ends))
        width = max(bits_of(a.low, a.high), bits_of(b.low, b.high))
        low = 0 if min(a.low, b.low) >= 0 else -(1 << width - 1)
        return self._made(text, low, (1 << width - 1) - 1)

    def _slice(self, inner: _Step, high: int, low: int) -> _Step:
        width = self._width(inner)
        if not 0 <= low <= high < width:
            raise ValueError(f"[{high}:{low}] of {width} bits")
        return self._vector(f"{self._bits(inner)}[{high}:{low}]", high - low + 1)

    def _lowest(self, inner: _Step, count: int) -> _Step:
        if not 1 <= count <= WIDEST:
            raise ValueError(f"bits: {count} is outside 1..{WIDEST}")
        if count <= self._width(inner):
            return self._slice(inner, count - 1, 0)
        return self._vector(self._net(inner.net, count), count)

    def _join(self, parts: list[_Step]) -> _Step:
        if any(part.exact is None for part in parts):
            raise ValueError("a join {a, b} is of names, slices, joins and bits(x, N), whose widths are known")
        return self._vector(f"{{{', '.join(part.raw for part in parts)}}}", sum(part.exact or 0 for part in parts))

    def _bits(self, step: _Step) -> str:
        return step.raw or step.net

    def _width(self, step: _Step) -> int:
        return step.exact or bits_of(step.low, step.high)


def bits_of(low: int, high: int) -> int:
    """Bits of a signed net that holds low..high."""
    return max((low if low >= 0 else ~low).bit_length(), (high if high >= 0 else ~high).bit_length()) + 1
