"""MulQuant, AddQuant and integer roots as ONNX model-local functions of integer operators, in every rounding mode.

Each function is text in ONNX's own syntax; `Div` and `Mod` are exact here:

* `Mod` (fmod = 0) takes the sign of the divisor, so `f = p mod 2^S` lies in 0 .. 2^S - 1 for negative p too;
* `p - f` is a multiple of 2^S, so that `Div`, which truncates, gives q = floor(p / 2^S) without a remainder;
* `2f >= 2^S` stands for `f >= h`, and S = 0 has f = 0, which no mode rounds up.

Clipping is comparisons and `Where`: on processors with AVX2 alone, the int64 `Min`, `Max` and `Clip` of onnxruntime
1.31 are wrong for operands some 2^32 apart.

2^63 is no int64, so S = 63 is computed as S = 62. The results are equal: |p| <= `REACH` < 2^61, half of 2^62, so both
give -[p < 0] in mode floor and 0 in the others; double moves p by 2^30.

Source: docs/arithmetic.md sections 2, 3 and 4.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding

if TYPE_CHECKING:
    from onnx import FunctionProto

DOMAIN = "torch2chip"
OPSET = 17
"""Operator set of the standard operators: what onnxruntime 1.12 and newer run."""

REACH = (1 << 61) - (1 << FIRST_SHIFT)
"""Largest |p| for which a rounding at S = 62 gives what one at S = 63 does, also with what mode double adds."""

_HEAD = f'<domain: "{DOMAIN}", opset_import: ["" : {OPSET}, "{DOMAIN}" : 1]>'

_ROUND_UP = {
    Rounding.HALF_UP: """
        below = Less (twice, unit)
        up = Not (below)""",
    Rounding.HALF_EVEN: """
        above = Greater (twice, unit)
        tie = Equal (twice, unit)
        two = Constant <value_int: int = 2> ()
        low_bit = Mod <fmod: int = 0> (q, two)
        odd = Cast <to: int = 9> (low_bit)
        tie_up = And (tie, odd)
        up = Or (above, tie_up)""",
    Rounding.HALF_AWAY: """
        above = Greater (twice, unit)
        tie = Equal (twice, unit)
        zero = Constant <value_int: int = 0> ()
        negative = Less (p, zero)
        not_negative = Not (negative)
        tie_up = And (tie, not_negative)
        up = Or (above, tie_up)""",
}

_ROUND_UP[Rounding.DOUBLE] = _ROUND_UP[Rounding.HALF_UP]

_NUDGE = f"""
        first = Constant <value_int: int = {FIRST_SHIFT}> ()
        nothing = Constant <value_int: int = 0> ()
        away = Constant <value_int: int = {1 << FIRST_SHIFT - 1}> ()
        back = Constant <value_int: int = {-1 << FIRST_SHIFT - 1}> ()
        below_zero = Less (p, nothing)
        signed = Where (below_zero, back, away)
        again = Greater (S, first)
        nudge = Where (again, signed, nothing)
        nudged = Add (p, nudge)"""
"""What mode double adds to p before it rounds as half_up does."""

_STAGE = """
        zp = Constant <value_int: int = @zero_point> ()
        placed = Add (rounded, zp)
        low = Constant <value_int: int = @lo> ()
        high = Constant <value_int: int = @hi> ()
        under = Less (placed, low)
        floored = Where (under, low, placed)
        over = Greater (floored, high)
        clipped = Where (over, high, floored)
        q = Cast <to: int = @to> (clipped)"""


def _round_shift(mode: Rounding) -> str:
    """round_S(p): p int64, S int64 0..63, broadcast."""
    value, before, end = "p", "", "r = Identity (q)"
    if mode is Rounding.DOUBLE:
        value, before = "nudged", _NUDGE
    if mode is not Rounding.FLOOR:
        end = f"""twice = Add (f, f){_ROUND_UP[mode]}
        one_up = Cast <to: int = 7> (up)
        r = Add (q, one_up)"""
    return f"""{_HEAD}
    RoundShift_{mode.value} (p, S) => (r) {{{before}
        last = Constant <value_int: int = 62> ()
        beyond = Greater (S, last)
        shift = Where (beyond, last, S)
        amount = Cast <to: int = 13> (shift)
        one = Constant <value_int: int = 1> ()
        bit = Cast <to: int = 13> (one)
        moved = BitShift <direction: string = "LEFT"> (bit, amount)
        unit = Cast <to: int = 7> (moved)
        f = Mod <fmod: int = 0> ({value}, unit)
        whole = Sub ({value}, f)
        q = Div (whole, unit)
        {end}
    }}"""


def _mulquant(mode: Rounding) -> str:
    """clip(round_S(acc M + B) + zp, lo, hi): acc int32 or int64; M, B, S int64; the result as the edge is."""
    return f"""{_HEAD}
    MulQuant_{mode.value} <zero_point, lo, hi, to> (acc, M, B, S) => (q) {{
        wide = Cast <to: int = 7> (acc)
        product = Mul (wide, M)
        p = Add (product, B)
        rounded = {DOMAIN}.RoundShift_{mode.value} (p, S){_STAGE}
    }}"""


def _addquant(mode: Rounding) -> str:
    """clip(round_S((a - zp_a) M_a + (b - zp_b) M_b + B) + zp, lo, hi): a, b any int; M = (M_a, M_b)."""
    return f"""{_HEAD}
    AddQuant_{mode.value} <zero_point_a, zero_point_b, zero_point, lo, hi, to> (a, b, M, B, S) => (q) {{
        first = Constant <value_int: int = 0> ()
        second = Constant <value_int: int = 1> ()
        M_a = Gather (M, first)
        M_b = Gather (M, second)
        zp_a = Constant <value_int: int = @zero_point_a> ()
        zp_b = Constant <value_int: int = @zero_point_b> ()
        wide_a = Cast <to: int = 7> (a)
        wide_b = Cast <to: int = 7> (b)
        centred_a = Sub (wide_a, zp_a)
        centred_b = Sub (wide_b, zp_b)
        product_a = Mul (centred_a, M_a)
        product_b = Mul (centred_b, M_b)
        both = Add (product_a, product_b)
        p = Add (both, B)
        rounded = {DOMAIN}.RoundShift_{mode.value} (p, S){_STAGE}
    }}"""


def _integer_root(bits: int) -> str:
    """floor(sqrt(v)) of int64 v below 2^(2 bits), digit by digit from the highest."""
    digits = "".join(
        f"""
        d{place} = Constant <value_int: int = {1 << place}> ()
        t{place} = Add (k{place + 1}, d{place})
        s{place} = Mul (t{place}, t{place})
        b{place} = LessOrEqual (s{place}, v)
        k{place} = Where (b{place}, t{place}, k{place + 1})"""
        for place in reversed(range(bits))
    )
    return f"""{_HEAD}
    IntegerRoot_{bits} (v) => (root) {{
        k{bits} = Sub (v, v){digits}
        root = Identity (k0)
    }}"""


_FUNCTIONS = {"RoundShift": _round_shift, "MulQuant": _mulquant, "AddQuant": _addquant}


def functions_of(calls: Iterable[tuple[str, Rounding]], roots: Iterable[int] = ()) -> list[FunctionProto]:
    """Return the functions that a model calls and what they call, in a fixed order.

    Args:
        calls: RoundShift, MulQuant or AddQuant in a mode; roots: bits of integer roots.
    """
    import onnx.parser

    texts = {f"IntegerRoot_{bits}": _integer_root(bits) for bits in roots}
    for kind, mode in calls:
        texts[f"RoundShift_{mode.value}"] = _round_shift(mode)
        texts[f"{kind}_{mode.value}"] = _FUNCTIONS[kind](mode)
    return [onnx.parser.parse_function(texts[name]) for name in sorted(texts)]
