"""How far the operations by table are from the real functions: softmax over scales and row lengths, pointwise swept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.page import recorded
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.text_table import markdown_head, markdown_row
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.arithmetic.lut import FUNCTIONS, exp_table, pointwise_table, softmax_error_bound
from t2c.golden.arithmetic.pointwise import pointwise
from t2c.golden.arithmetic.softmax import SoftmaxTable, safe_reciprocal_bits, softmax

INPUT = IntFormat(bits=8, signed=True)
OUTPUT_BITS = 8
SCALES = (1 / 64, 1 / 32, 1 / 16, 1 / 8)
TABLES = ((8, 256), (12, 256), (12, 64), (16, 256))
"""(E_W, DEPTH)."""
LENGTHS = (1, 2, 16, 64, 197, 1024)

Reals = npt.NDArray[np.float64]
Kind = Callable[[np.random.Generator, int, int], IntArray]


def normal(rng: np.random.Generator, count: int, length: int) -> IntArray:
    """Elements of a normal distribution over a third of the format."""
    return np.clip(np.rint(rng.normal(0.0, INPUT.hi / 3, (count, length))), INPUT.lo, INPUT.hi).astype(np.int64)


def uniform(rng: np.random.Generator, count: int, length: int) -> IntArray:
    """Elements of the whole format, all alike."""
    return rng.integers(INPUT.lo, INPUT.hi + 1, (count, length))


def equal(rng: np.random.Generator, count: int, length: int) -> IntArray:
    """All elements of a row equal."""
    return np.repeat(rng.integers(INPUT.lo, INPUT.hi + 1, (count, 1)), length, axis=1)


def dominant(rng: np.random.Generator, count: int, length: int) -> IntArray:
    """One element at the top of the format, the others equal and anywhere below."""
    rows = np.repeat(rng.integers(INPUT.lo, INPUT.hi + 1, (count, 1)), length, axis=1)
    rows[np.arange(count), rng.integers(0, length, count)] = INPUT.hi
    return rows


KINDS: dict[str, Kind] = {kind.__name__: kind for kind in (normal, uniform, equal, dominant)}


def softmax_table(*, scale: float, exponent_bits: int, depth: int) -> SoftmaxTable:
    """The table that is measured."""
    return SoftmaxTable(
        exp=exp_table(scale=scale, depth=depth, exponent_bits=exponent_bits),
        exponent_bits=exponent_bits,
        output_bits=OUTPUT_BITS,
        reciprocal_bits=safe_reciprocal_bits(exponent_bits, OUTPUT_BITS),
    )


def real_softmax(rows: IntArray, scale: float) -> Reals:
    """Softmax in float64, along the last axis."""
    e = np.exp(scale * (rows - rows.max(axis=-1, keepdims=True)))
    return e / e.sum(axis=-1, keepdims=True)


@dataclass(frozen=True, kw_only=True)
class Error:
    """|y - 2^P · softmax| in steps of 2^-P: the worst, the mean, and what the analysis allows."""

    worst: float
    mean: float
    bound: float


def softmax_error(kind: Kind, *, scale: float, exponent_bits: int, depth: int, length: int, seed: int = 1) -> Error:
    """Measure random rows of one kind."""
    table = softmax_table(scale=scale, exponent_bits=exponent_bits, depth=depth)
    rows = kind(np.random.default_rng((seed, length)), 20 + 4000 // length, length)
    off = np.abs(softmax(rows, table) - real_softmax(rows, scale) * (1 << OUTPUT_BITS))
    bound = softmax_error_bound(table, scale=scale, input_bits=INPUT.bits, length=length)
    return Error(worst=float(off.max()), mean=float(off.mean()), bound=bound)


@dataclass(frozen=True, kw_only=True)
class Range:
    """Formats and steps of a pointwise table."""

    x: IntFormat
    x_scale: float
    y: IntFormat
    y_scale: float


def ranges(name: str) -> Iterator[Range]:
    """Inputs of ±8 and ±4 in 8 and in 6 bits; results that fill the output format."""
    for bits in (8, 6):
        x = IntFormat(bits=bits, signed=True)
        for reach in (8.0, 4.0):
            top = reach if name in ("gelu", "silu") else 1.0
            y = IntFormat(bits=bits, signed=name != "sigmoid")
            yield Range(x=x, x_scale=reach / -x.lo, y=y, y_scale=top / (y.hi + 1))


def pointwise_error(name: str, where: Range) -> Error:
    """Sweep the whole input; where f leaves the output format, the end of the format is what it should be."""
    table = pointwise_table(FUNCTIONS[name], x=where.x, x_scale=where.x_scale, y=where.y, y_scale=where.y_scale)
    x = np.arange(where.x.lo, where.x.hi + 1)
    real = np.array([FUNCTIONS[name](float(v) * where.x_scale) / where.y_scale for v in x])
    off = np.abs(pointwise(x, table, signed=True) - np.clip(real, where.y.lo, where.y.hi))
    return Error(worst=float(off.max()), mean=float(off.mean()), bound=0.5)


def main() -> int:
    """Print both tables as Markdown."""
    parser = Parser(prog="bench-softmax", description="Error of the operations by table.")
    add_options(parser, "bench-softmax")
    with recorded("bench-softmax", bool(parser.parse_args().write), fenced=False):
        print_tables()
    return 0


def print_tables() -> None:
    """Sweep both operations."""
    print(f"softmax: worst, mean (bound) of |y - 2^{OUTPUT_BITS} softmax| in LSB, {INPUT} input, rows of every kind:")
    print(f"{', '.join(KINDS)}\n")
    print("\n".join(markdown_head(["E_W", "DEPTH", "L", *(f"scale 1/{round(1 / scale)}" for scale in SCALES)])))
    for exponent_bits, depth in TABLES:
        for length in LENGTHS:
            cells = []
            for scale in SCALES:
                size = {"scale": scale, "exponent_bits": exponent_bits, "depth": depth, "length": length}
                errors = [softmax_error(kind, **size) for kind in KINDS.values()]
                worst, mean = max(e.worst for e in errors), float(np.mean([e.mean for e in errors]))
                cells.append(f"{worst:.2f}, {mean:.3f} ({errors[0].bound:.2f})")
            print(markdown_row([exponent_bits, depth, length, *cells]), flush=True)
    print("\npointwise: worst and mean of |q - f / scale| in LSB over every input (bound 0.5):\n")
    print("\n".join(markdown_head(["f", "x", "range of x", "q", "worst", "mean"])))
    for name in FUNCTIONS:
        for where in ranges(name):
            error = pointwise_error(name, where)
            reach = where.x_scale * -where.x.lo
            print(markdown_row([name, where.x, f"±{reach:g}", where.y, f"{error.worst:.3f}", f"{error.mean:.3f}"]))


if __name__ == "__main__":
    run(main, extra=(UserError,))
