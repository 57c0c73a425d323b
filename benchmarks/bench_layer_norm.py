"""How far LayerNorm in integers is from float64: ours, and the arithmetic of published peers, on the same rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.page import recorded
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.options import add_options
from t2c.common.text_table import markdown_head, markdown_row
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.layer_norm import RowNorm, halves, normalise
from t2c.golden.arithmetic.lut import layer_norm_error_bound

ROWS, LENGTH, OUTPUT_HI = 64, 384, 127
"""Rows, elements of a row, and the largest output of 8 bits."""

Reals = npt.NDArray[np.float64]
Norm = Callable[[IntArray], Reals]
"""From rows to what approximates (x - mean) / deviation."""


def normal(rng: np.random.Generator, bits: int, sigma: float) -> IntArray:
    """Rows of a normal distribution."""
    top = (1 << (bits - 1)) - 1
    return np.clip(np.rint(rng.normal(0.0, sigma, (ROWS, LENGTH))), -top - 1, top).astype(np.int64)


def outlier(rng: np.random.Generator, bits: int, sigma: float) -> IntArray:
    """The same with one channel near the end of the format, as large transformers have it."""
    rows = normal(rng, bits, sigma)
    rows[:, 7] = (1 << (bits - 1)) - 1 - rng.integers(0, 8, ROWS)
    return rows


@dataclass(frozen=True, kw_only=True)
class Rows:
    """What is normalised. draw: makes rows from a generator, bits and a deviation."""

    name: str
    draw: Callable[[np.random.Generator, int, float], IntArray]
    bits: int
    sigma: float

    def made(self, seed: int = 1) -> IntArray:
        """The rows of a seed, (ROWS, LENGTH)."""
        return self.draw(np.random.default_rng(seed), self.bits, self.sigma)


KINDS = (
    Rows(name="s8, sigma 20", draw=normal, bits=8, sigma=20.0),
    Rows(name="s8, sigma 2", draw=normal, bits=8, sigma=2.0),
    Rows(name="s8, sigma 1, an outlier channel", draw=outlier, bits=8, sigma=1.0),
    Rows(name="s16, sigma 3000", draw=normal, bits=16, sigma=3000.0),
)


def real_norm(x: IntArray) -> Reals:
    """(x - mean) / deviation in float64, with E = 1 as the integers have it."""
    n = x.shape[-1]
    centred = n * x - x.sum(axis=-1, keepdims=True)
    variance = n * np.square(x).sum(axis=-1, keepdims=True) - np.square(x.sum(axis=-1, keepdims=True)) + 1
    return np.asarray(centred / np.sqrt(variance.astype(np.float64)))


def ours(x: IntArray, *, norm: RowNorm) -> Reals:
    """docs/arithmetic.md section 8.1."""
    return np.ldexp(normalise(x, norm).astype(np.float64), -norm.fraction_bits)


def _about_rounded_mean(x: IntArray) -> tuple[IntArray, IntArray]:
    """x - round(mean), and the sum of its squares, which is what both papers below call the variance."""
    y = x - np.rint(x.mean(axis=-1, keepdims=True)).astype(np.int64)
    return y, np.square(y).sum(axis=-1, keepdims=True)


def _by_reciprocal(y: IntArray, root: IntArray) -> Reals:
    """floor(y floor(2^31 / root) / 2) in steps of sqrt(N) 2^-30."""
    found = y * ((1 << 31) // np.maximum(root, 1)) >> 1
    return np.asarray(np.ldexp(found.astype(np.float64), -30) * np.sqrt(y.shape[-1]))


def i_bert(x: IntArray) -> Reals:
    """Kim et al. 2021 (I-BERT), Algorithm 4: rounded mean, floor of the root, reciprocal of 31 bits."""
    y, squares = _about_rounded_mean(x)
    return _by_reciprocal(y, np.floor(np.sqrt(squares.astype(np.float64))).astype(np.int64))


def i_vit(x: IntArray) -> Reals:
    """Li and Gu 2023 (I-ViT), I-LayerNorm: the same with ten Newton steps from 2^16 instead of the root."""
    y, squares = _about_rounded_mean(x)
    root = np.full_like(squares, 1 << 16)
    for _ in range(10):
        root = (root + squares // np.maximum(root, 1)) // 2
    return _by_reciprocal(y, root)


def table(x: IntArray) -> Reals:
    """Exact sums, then 1 / sqrt from a table of 1024 entries of 16 bits over a normalised variance, as HLS tools do."""
    n = x.shape[-1]
    total = x.sum(axis=-1, keepdims=True)
    variance = n * np.square(x).sum(axis=-1, keepdims=True) - total * total + 1
    half = halves(variance)
    index = variance << 2 * np.maximum(5 - half, 0) >> 2 * np.maximum(half - 5, 0)
    entries = np.rint(np.ldexp(1.0 / np.sqrt(np.arange(1024) + 0.5), 19)).astype(np.int64)
    scale = np.ldexp(1.0, (5 - half - 19).astype(np.int64))
    return np.asarray((n * x - total) * entries[index] * scale)


OURS = {
    "exact sums, KB 16, TF 12 (ours)": RowNorm(epsilon=1),
    "exact sums, KB 12, TF 10": RowNorm(epsilon=1, root_bits=12, fraction_bits=10),
}
VARIANTS: dict[str, Norm] = {
    "I-ViT": i_vit,
    "I-BERT": i_bert,
    "table of 1024": table,
    **{name: partial(ours, norm=norm) for name, norm in OURS.items()},
}


@dataclass(frozen=True, kw_only=True)
class NormError:
    """In steps of an 8-bit output whose largest magnitude is OUTPUT_HI: the worst, and what the analysis allows."""

    worst: float
    bound: float | None


def layer_norm_error(name: str, rows: Rows, seed: int = 1) -> NormError:
    """Measure one variant on one kind of rows."""
    x = rows.made(seed)
    real = real_norm(x)
    reach = float(np.abs(real).max())
    gain = OUTPUT_HI / reach
    worst = float(np.abs(VARIANTS[name](x) - real).max()) * gain
    bound = layer_norm_error_bound(OURS[name], gain=gain, reach=OUTPUT_HI) if name in OURS else None
    return NormError(worst=worst, bound=bound)


def main() -> int:
    """Print the table as Markdown."""
    parser = Parser(prog="bench-layernorm", description="Error of LayerNorm in integers.")
    add_options(parser, "bench-layernorm")
    with recorded("bench-layernorm", bool(parser.parse_args().write), fenced=False):
        print_table()
    return 0


def print_table() -> None:
    """Every variant on every kind of rows."""
    print(f"worst (bound) of |y - LayerNorm| before the last rounding, in steps of an 8-bit output; {ROWS} rows of")
    print(f"{LENGTH}; in the last column the largest ratio of a column to ours:\n")
    print("\n".join(markdown_head(["arithmetic", *(rows.name for rows in KINDS), "ratio to ours"])))
    reference = [layer_norm_error(next(iter(OURS)), rows).worst for rows in KINDS]
    for name in VARIANTS:
        errors = [layer_norm_error(name, rows) for rows in KINDS]
        cells = [f"{e.worst:.3f}" + (f" ({e.bound:.3f})" if e.bound is not None else "") for e in errors]
        ratio = max(error.worst / least for error, least in zip(errors, reference, strict=True))
        print(markdown_row([name, *cells, f"{ratio:.1f}"]))


if __name__ == "__main__":
    run(main, extra=(UserError,))
