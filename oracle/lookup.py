"""Strangers for the operations by table: Gather, take, torch's integers, Python's decimal exponential.

Gather and take count a negative index from the end of the table, which is TABLE[x mod 2^X_W]. Softmax as a whole is in
no library in integers; torch's amax, take, sum, div and clamp on int64 compute the formula, and plain.py the same in
fractions. QLinearLeakyRelu, which onnxruntime makes a table for, rounds half to even and adds the zero point at the
end; with a slope of M·2^-k and equal scales its float32 arithmetic is exact, and golden's table of the function x ↦ x
or x·slope must equal it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import partial
from typing import Any

import numpy as np
import torch

from oracle import draw, plain
from oracle.check import Batch, Check, Explain, Index, elementwise
from oracle.draw import Ints, between
from oracle.exact_python import DECIMAL, FRACTIONS
from oracle.onnx_node import VERSION as ONNXRUNTIME
from oracle.onnx_node import Input, run_node
from oracle.space import far
from oracle.torch_integer import MODES, shift_right, tensor
from oracle.torch_integer import VERSION as TORCH
from t2c.golden.arithmetic import lut, pointwise, softmax
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable

SETS = 500
"""Sets of constants of QLinearLeakyRelu, each over all 256 inputs."""


def every_input(rng: np.random.Generator) -> Iterator[Batch]:
    """Every input of every width of 2..16 bits, signed and unsigned, in a random table: Gather, take."""
    for bits in range(2, 17):
        for signed in (False, True):
            fmt = IntFormat(bits=bits, signed=signed)
            output = IntFormat(bits=between(rng, 2, 16), signed=bool(rng.integers(2)))
            entries = draw.integers(rng, output.lo, output.hi, 1 << bits)
            x = np.arange(fmt.lo, fmt.hi + 1)
            golden = pointwise.pointwise(x, PointwiseTable(entries=entries, output=output), signed=signed)
            explain = elementwise(x=x, bits=bits, signed=signed)
            yield Batch(golden, run_node("Gather", {"table": entries, "x": x}, np.int64), explain)
            yield Batch(golden, torch.take(tensor(entries), tensor(x)).numpy(), explain)


def _leaky(slope: float, value: float) -> float:
    return value if value >= 0 else slope * value


def leaky_relu(rng: np.random.Generator) -> Iterator[Batch]:
    """Every 8-bit input of com.microsoft.QLinearLeakyRelu for SETS slopes and zero points; |x - zp|·M ≤ 2^24."""
    for _ in range(SETS):
        lo, kind = ((0, np.uint8), (-128, np.int8))[between(rng, 0, 1)]
        fmt = IntFormat(bits=8, signed=lo < 0)
        k = between(rng, 0, 10)
        slope = int(rng.choice([1, 3, between(rng, 0, 1 << 14)])) / 2**k
        zx, zy = between(rng, lo, lo + 255), between(rng, lo, lo + 255)
        one = np.array(2.0 ** between(rng, -6, 6), np.float32)
        x = np.arange(lo, lo + 256)
        inputs: dict[str, Input] = {
            "x": x.astype(kind),
            "x_scale": one,
            "x_zp": np.array(zx, kind),
            "y_scale": one,
            "y_zp": np.array(zy, kind),
        }
        q = run_node("QLinearLeakyRelu", inputs, kind, domain="com.microsoft", constants=tuple(inputs)[1:], alpha=slope)
        table = lut.pointwise_table(
            partial(_leaky, slope),
            x=fmt,
            x_scale=float(one),
            x_zero_point=zx,
            y=fmt,
            y_scale=float(one),
            y_zero_point=zy,
        )
        explain = elementwise(x=x, zp_x=zx, zp_y=zy, slope=slope, signed=fmt.signed)
        yield Batch(pointwise.pointwise(x, table, signed=fmt.signed), q, explain)


def softmax_rows(rng: np.random.Generator, modes: tuple[Rounding, ...]) -> tuple[Ints, SoftmaxTable]:
    """Draw rows and a table: exponentials or anything, rows all over the format or near their maximum; or ties."""
    bits = between(rng, 4, 16), between(rng, 2, 8)
    widths = dict(zip(("exponent_bits", "output_bits"), bits, strict=True), reciprocal_bits=between(rng, sum(bits), 32))
    mode = modes[between(rng, 0, len(modes) - 1)]
    if rng.random() < 0.3:
        x, exp = tied_row(rng, *bits)
        return x, SoftmaxTable(exp=exp, **widths, rounding=mode)
    depth, top = 1 << far(rng, "softmax.depth_bits"), (1 << bits[0]) - 1
    exp = draw.integers(rng, 0, top, depth)
    if rng.random() < 0.7:
        exp = lut.exp_table(scale=float(rng.uniform(0.01, 1.0)), depth=depth, exponent_bits=bits[0])
    exp[0] = max(exp[0], 1)
    length = far(rng, "softmax.row") if rng.random() < 0.2 else int(rng.choice([1, 2, 10, between(rng, 1, 100), 1024]))
    lo, hi = [(-128, 127), (0, 255), (-(1 << 15), (1 << 16) - 1)][between(rng, 0, 2)]
    spread = int(rng.choice([1, depth, hi - lo]))
    x = draw.integers(rng, max(lo, hi - spread), hi, (max(1, 2048 // length), length))
    return x, SoftmaxTable(exp=exp, **widths, rounding=mode)


def tied_row(rng: np.random.Generator, exponent_bits: int, output_bits: int) -> tuple[Ints, Ints]:
    """Draw a row whose largest element is a tie: e odd, the others' e = 1, and Σe = 2^(P+1), so e·2^P / Σe is e/2."""
    total = 1 << (output_bits + 1)
    odd = 2 * between(rng, 0, min(total, 1 << exponent_bits) // 2 - 1) + 1
    top = between(rng, -127, 255)
    row = np.full(total - odd + 1, top - 1)
    row[between(rng, 0, row.size - 1)] = top
    return row[None, :], np.array([odd, 1])


def whole_row(x: Ints, table: SoftmaxTable) -> Explain:
    """Explain an output of softmax: its row and the table."""

    def explain(index: Index) -> dict[str, Any]:
        return {
            "row": x[index[0]],
            "exp": table.exp,
            "E_W": table.exponent_bits,
            "P": table.output_bits,
            "R": table.reciprocal_bits,
            "mode": table.rounding,
        }

    return explain


def torch_softmax(rng: np.random.Generator) -> Iterator[Batch]:
    """Softmax of any row in torch's int64, floor and half_up."""
    while True:
        x, table = softmax_rows(rng, MODES)
        below = torch.amax(tensor(x), dim=-1, keepdim=True) - tensor(x)
        padded = torch.cat([tensor(table.exp), torch.zeros(1, dtype=torch.int64)])
        e = torch.take(padded, torch.clamp(below, max=table.depth))
        r = torch.div(1 << table.reciprocal_bits, e.sum(dim=-1, keepdim=True), rounding_mode="floor")
        shifts = torch.full_like(e, table.reciprocal_bits - table.output_bits)
        y = torch.clamp(shift_right(e * r, shifts, table.rounding), max=(1 << table.output_bits) - 1)
        yield Batch(softmax.softmax(x, table), y.numpy(), whole_row(x, table))


def fraction_softmax(rng: np.random.Generator) -> Iterator[Batch]:
    """Softmax of any row in Python's fractions, the four modes."""
    while True:
        x, table = softmax_rows(rng, tuple(Rounding))
        widths = {
            "exponent_bits": table.exponent_bits,
            "output_bits": table.output_bits,
            "reciprocal_bits": table.reciprocal_bits,
        }
        exp = table.exp.tolist()
        expected = [plain.softmax(row, exp=exp, **widths, mode=table.rounding.value) for row in x.tolist()]
        yield Batch(softmax.softmax(x, table), np.array(expected), whole_row(x, table))


def exponentials(rng: np.random.Generator) -> Iterator[Batch]:
    """Tables of exponentials, correctly rounded from 24 digits, for scales drawn from 2^-12 to 2."""
    digits = Context(prec=24, rounding=ROUND_HALF_EVEN)
    while True:
        scale, exponent_bits = float(2.0 ** rng.uniform(-12, 1)), between(rng, 4, 16)
        depth = 1 << (far(rng, "softmax.depth_bits") if rng.random() < 0.05 else between(rng, 1, 9))
        table = lut.exp_table(scale=scale, depth=depth, exponent_bits=exponent_bits)
        top, step, index = Decimal((1 << exponent_bits) - 1), Decimal(scale), np.arange(depth)
        real = (digits.multiply(top, digits.exp(digits.multiply(-step, Decimal(i)))) for i in range(depth))
        expected = np.array([int(digits.to_integral_value(value)) for value in real])
        yield Batch(table, expected, elementwise(i=index, scale=scale, E_W=exponent_bits))


CHECKS = (
    Check(
        name="pointwise/gather",
        stranger=f"{ONNXRUNTIME} Gather, torch take",
        domain="all inputs of 2..16 bits, both signs, random tables",
        batches=every_input,
        exhaustive=True,
    ),
    Check(
        name="pointwise/QLinearLeakyRelu",
        stranger=f"{ONNXRUNTIME} QLinearLeakyRelu",
        domain=f"all 8-bit inputs, {SETS} sets of constants",
        batches=leaky_relu,
        exhaustive=True,
    ),
    Check(
        name="exp_table/decimal",
        stranger=DECIMAL,
        domain="scales 2^-12 .. 2, 4..16 bits",
        batches=exponentials,
    ),
    Check(
        name="softmax/torch",
        stranger=f"{TORCH} int64",
        domain="any row and table, L ≤ 65535; floor, half_up",
        batches=torch_softmax,
    ),
    Check(
        name="softmax/fractions",
        stranger=FRACTIONS,
        domain="any row and table, L ≤ 65535; four modes",
        batches=fraction_softmax,
    ),
)
