"""Faults of the C generator: of each kind of node and each shared function, text that it could have written."""

from __future__ import annotations

NODES: dict[str, tuple[tuple[str, str], ...]] = {
    "conv2d": (
        ("o / {ratio}", "o % {groups}"),
        ("line >= {height}", "line > {height}"),
        ("acc[j] += w", "acc[j] -= w"),
        ("* {kh} + i) * {kw} + k]", "* {kh} + i) * {kw} + {kw} - 1 - k]"),
    ),
    "linear": (("k < {features}", "k < {features} - 1"), ("* {features} + k]", "* {features} + {features} - 1 - k]")),
    "matmul": (("* {depth} + k) *", "* {depth} + {depth} - 1 - k) *"), ("acc[o] += factor", "acc[o] = factor")),
    "add": (("(int64_t)(((int32_t)x1[n]", "(int64_t)(((int32_t)x0[n]"), (") + (int64_t)(", ") - (int64_t)(")),
    "add_constant": (("_operand[n]", "_operand[0]"),),
    "average_pool2d": (("acc += ", "acc = "), ("line >= 0 && ", "line > 0 && ")),
    "max_pool2d": (("value > most", "value < most"), ("column < {width}", "column < {width} - 1")),
    "softmax": (("> top ?", "< top ?"), ("total += ", "total = "), ("e * r", "r")),
    "pointwise": (("& {mask}u", "& {mask}u ^ 1u"),),
    "interpolate": (("* f;", ";"), ("[i + 1]", "[i]")),
    "multi_threshold": ((">= k_", "> k_"), ("reached + (", "reached + 1 + (")),
    "layer_norm": (
        ("squares += value * value", "squares += value"),
        ("tried <= normal", "tried < normal"),
        ("- total;", ";"),
    ),
    "flatten": (("x[n * 0 + 0 + k]", "x[n * 0 + 0 + k / 2]"),),
    "reshape": (("x[n * 0 + 0 + k]", "x[n * 0 + 0 + k / 2]"),),
    "transpose": (("a1 *", "a0 *"),),
    "slice": ((" + k];", "];"),),
    "concat": ((" = x1[", " = x0["),),
    "concat_constant": (("_operand[n", "_operand[0 * n"), ("y[n", "y[0 * n")),
}
"""By operation: what its function holds, and the fault. In braces: numbers of the node that a test fills in."""

SHARED: dict[str, tuple[str, str]] = {
    "half_up": ("return s && (f >= h)", "return s && (f > h)"),
    "half_even": ("&& ((uint64_t)q & 1)", "&& !((uint64_t)q & 1)"),
    "half_even above": ("f > h || (f == h && (", "f == h && ((f > 0 ? f == h : 0) && ("),
    "half_away": ("f == h && !p_negative", "f == h && p_negative"),
    "shift 0": ("return s && (f >= h)", "return (f >= h)"),
    "floored": ("~(~p >> s)", "-(-p >> s)"),
    "double": ("return round_half_up(s < 32 ? p", "return round_half_up(s < 33 ? p"),
    "double sign": ("p < 0 ? p - (", "p < 0 ? p + ("),
    "clip": ("value > hi ? hi :", "value > hi ? hi - 1 :"),
    "wide carry": ("+ (w.lo < a.lo)", ""),
    "wide halves": (" + (low >> 32)", ""),
    "wide negation": ("~w.hi + (w.lo == 0)", "~w.hi"),
    "wide far bits": ("hi << (64 - s)", "hi << (63 - s)"),
    "wide far": ("hi || lo >> 62", "lo >> 62"),
    "wide double": ("p.hi >> 63 ? -(", "p.hi >> 63 ? ("),
}
"""By what is wrong."""
