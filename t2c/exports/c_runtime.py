"""The functions that nodes in C share: rounding, saturation, and sums that need more than 64 bits.

Every one is defined by C99 alone: no signed sum overflows, no negative number is shifted, nothing is converted out of
range. An unsigned conversion is modulo 2^n, and int64_t is two's complement wherever it exists (C99 7.18.1.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from t2c.golden.arithmetic.rounding import Rounding


@dataclass(frozen=True)
class Helper:
    """A function of C. needs: what must stand before it; code: its text."""

    needs: tuple[str, ...]
    code: str


def _up(condition: str, parameters: str = "") -> str:
    unused = "".join(f"    (void){name};\n" for name in ("q", "p_negative") if name not in condition)
    return f"""\
{{
    const uint64_t h = s ? UINT64_C(1) << (s - 1) : 0;
{unused}    return s && ({condition});
}}"""


_HEAD = "static int up_{mode}(int64_t q, uint64_t f, unsigned s, int p_negative)\n"
_ROUNDED_UP = {
    Rounding.HALF_UP: "f >= h",
    Rounding.HALF_EVEN: "f > h || (f == h && ((uint64_t)q & 1))",
    Rounding.HALF_AWAY: "f > h || (f == h && !p_negative)",
}
"""Whether the quotient becomes one more, docs/arithmetic.md section 2: f the part below it, h half of 2^s."""

HELPERS: dict[str, Helper] = {
    "clip": Helper(
        (),
        """\
/* The nearest number in lo .. hi. */
static int32_t clip(int64_t value, int32_t lo, int32_t hi)
{
    return value < lo ? lo : value > hi ? hi : (int32_t)value;
}""",
    ),
    "floored": Helper(
        (),
        """\
/* The floor of p / 2^s: the complement of a negative number is not negative. */
static int64_t floored(int64_t p, unsigned s)
{
    return p < 0 ? ~(~p >> s) : p >> s;
}""",
    ),
    "wide": Helper(
        (),
        """\
/* An integer of 128 bits, two's complement. */
typedef struct {
    uint64_t hi, lo;
} wide;

static wide wide_of(int64_t value)
{
    wide w;
    w.hi = value < 0 ? UINT64_MAX : 0;
    w.lo = (uint64_t)value;
    return w;
}

static wide wide_sum(wide a, wide b)
{
    wide w;
    w.lo = a.lo + b.lo;
    w.hi = a.hi + b.hi + (w.lo < a.lo);
    return w;
}""",
    ),
    "wide_product": Helper(
        ("wide",),
        """\
/* a * m for |m| <= 2^31: the product of the magnitudes by halves, then the sign. */
static wide wide_product(int64_t a, int64_t m)
{
    const uint64_t x = a < 0 ? 0 - (uint64_t)a : (uint64_t)a;
    const uint64_t y = m < 0 ? 0 - (uint64_t)m : (uint64_t)m;
    const uint64_t low = (x & UINT32_MAX) * y;
    const uint64_t high = (x >> 32) * y + (low >> 32);
    wide w;
    w.hi = high >> 32;
    w.lo = high << 32 | (low & UINT32_MAX);
    if ((a < 0) != (m < 0)) {
        w.lo = 0 - w.lo;
        w.hi = ~w.hi + (w.lo == 0);
    }
    return w;
}""",
    ),
    "wide_floored": Helper(
        ("wide",),
        """\
/* The floor of p / 2^s, s < 64; what does not lie within 2^62 becomes that, far outside any result. */
static int64_t wide_floored(wide p, unsigned s)
{
    const int negative = (int)(p.hi >> 63);
    uint64_t hi = negative ? ~p.hi : p.hi, lo = negative ? ~p.lo : p.lo;
    if (s) {
        lo = lo >> s | hi << (64 - s);
        hi >>= s;
    }
    if (hi || lo >> 62)
        lo = UINT64_C(1) << 62;
    return negative ? ~(int64_t)lo : (int64_t)lo;
}""",
    ),
    "round_floor": Helper(
        ("floored",),
        """\
/* docs/arithmetic.md section 2, mode floor. */
static int64_t round_floor(int64_t p, unsigned s)
{
    return floored(p, s);
}""",
    ),
    "wide_round_floor": Helper(
        ("wide_floored",),
        """\
static int64_t wide_round_floor(wide p, unsigned s)
{
    return wide_floored(p, s);
}""",
    ),
    "round_double": Helper(
        ("round_half_up",),
        """\
/* Mode double: half_up, from s = 32 on after 2^30 away from zero. */
static int64_t round_double(int64_t p, unsigned s)
{
    return round_half_up(s < 32 ? p : p < 0 ? p - (INT64_C(1) << 30) : p + (INT64_C(1) << 30), s);
}""",
    ),
    "wide_round_double": Helper(
        ("wide_round_half_up",),
        """\
static int64_t wide_round_double(wide p, unsigned s)
{
    const int64_t away = p.hi >> 63 ? -(INT64_C(1) << 30) : INT64_C(1) << 30;
    return wide_round_half_up(s < 32 ? p : wide_sum(p, wide_of(away)), s);
}""",
    ),
}
"""By name, in the order in which they are written."""

for _mode, _condition in _ROUNDED_UP.items():
    HELPERS[f"up_{_mode}"] = Helper(
        (),
        f"/* Whether a quotient is rounded up, docs/arithmetic.md section 2, mode {_mode}. */\n"
        + _HEAD.format(mode=_mode)
        + _up(_condition),
    )
    HELPERS[f"round_{_mode}"] = Helper(
        ("floored", f"up_{_mode}"),
        f"""\
/* p / 2^s rounded, |p| <= 2^62 + 2^30. */
static int64_t round_{_mode}(int64_t p, unsigned s)
{{
    const int64_t q = floored(p, s);
    return q + up_{_mode}(q, (uint64_t)p & ((UINT64_C(1) << s) - 1), s, p < 0);
}}""",
    )
    HELPERS[f"wide_round_{_mode}"] = Helper(
        ("wide_floored", f"up_{_mode}"),
        f"""\
static int64_t wide_round_{_mode}(wide p, unsigned s)
{{
    const int64_t q = wide_floored(p, s);
    return q + up_{_mode}(q, p.lo & ((UINT64_C(1) << s) - 1), s, (int)(p.hi >> 63));
}}""",
    )


def written(names: Iterable[str]) -> list[str]:
    """The text of some helpers and of all that they need, each after what it needs."""
    done: dict[str, str] = {}

    def write(name: str) -> None:
        if name not in done:
            for other in HELPERS[name].needs:
                write(other)
            done[name] = HELPERS[name].code

    for name in sorted(names):
        write(name)
    return list(done.values())
