"""Torch's int64 as a stranger for rows, interpolation and what moves no number.

LayerNorm is in no library in integers; torch's sums, its float64 root and its division compute the formula: V' stays
below 2^40, where the rounded root of a float64 has the right floor. The bits of V come from torch's frexp. Shapes,
orders of axes and joins are torch's own.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from oracle import draw
from oracle.check import Batch, Check, Explain, Index, elementwise
from oracle.draw import Ints, between
from oracle.row_cases import concat, reshape, slice_, transpose
from oracle.space import far
from oracle.torch_integer import MODES, shift_right, tensor
from oracle.torch_integer import VERSION as TORCH
from t2c.golden.arithmetic import interpolation, layer_norm
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.interpolation import ENTRIES, ENTRY, InterpolatedTable
from t2c.golden.arithmetic.layer_norm import RowNorm
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.node import Node


def rows_of(rng: np.random.Generator) -> Ints:
    """Draw rows: all over a format of 2..16 bits, close together, with an element far out, or of two values."""
    length = far(rng, "layer_norm.row") if rng.random() < 0.2 else int(rng.choice([1, 2, 65, 384, between(rng, 1, 99)]))
    fmt = IntFormat(bits=between(rng, 2, 16), signed=bool(rng.integers(2)))
    rows = draw.integers(rng, fmt.lo, fmt.hi, (max(1, 2048 // length), length))
    rows >>= between(rng, 0, fmt.bits - 1)
    if rng.integers(3) == 0:
        rows[:, between(rng, 0, length - 1)] = fmt.hi
    if rng.integers(5) == 0:
        rows = rng.choice([fmt.lo, fmt.hi], rows.shape)
    return rows


def torch_layer_norm(rng: np.random.Generator) -> Iterator[Batch]:
    """Any row, E, KB and TF."""
    while True:
        x, bits = rows_of(rng), far(rng, "layer_norm.norm.root_bits")
        norm = RowNorm(
            epsilon=far(rng, "layer_norm.norm.epsilon", None if rng.integers(3) == 0 else 1 << 20),
            root_bits=bits,
            fraction_bits=far(rng, "layer_norm.norm.fraction_bits", bits),
        )
        given, n = tensor(x), x.shape[1]
        total = given.sum(dim=1, keepdim=True)
        v = n * torch.square(given).sum(dim=1, keepdim=True) - torch.square(total) + norm.epsilon
        # 2^53 and more would round: the upper bits alone say how many there are, unless they are all ones.
        upper = torch.bitwise_right_shift(v, 26)
        length = torch.where(
            upper > 0, torch.frexp(upper.double()).exponent + 26, torch.frexp(v.clamp(max=1 << 26).double()).exponent
        ).to(torch.int64)
        half = torch.div(length + 1, 2, rounding_mode="floor")
        up, down = 2 * (bits - half).clamp(min=0), 2 * (half - bits).clamp(min=0)
        normal = torch.bitwise_right_shift(torch.bitwise_left_shift(v, up), down)
        k = torch.sqrt(normal.double()).floor().to(torch.int64)
        r = torch.div(torch.full_like(k, 1 << 2 * bits), k, rounding_mode="floor")
        product = (n * given - total) * r
        t = shift_right(product, (bits + half - norm.fraction_bits).expand_as(product), Rounding.HALF_UP)

        def explain(index: Index, x: Ints = x, norm: RowNorm = norm) -> dict[str, object]:
            return {"row": x[index[0]], "norm": norm}

        yield Batch(layer_norm.normalise(x, norm), t.numpy(), explain)


def torch_interpolate(rng: np.random.Generator) -> Iterator[Batch]:
    """Every input of every width of 10..16 bits, signed and unsigned, in random tables, floor and half_up."""
    for bits in range(10, 17):
        for signed in (False, True):
            fmt = IntFormat(bits=bits, signed=signed)
            entries = draw.operand(rng, ENTRY.lo, ENTRY.hi, (ENTRIES,))
            lo, hi = sorted(int(v) for v in draw.integers(rng, -(1 << 15), (1 << 16) - 1, 2))
            mode, fraction = MODES[between(rng, 0, len(MODES) - 1)], between(rng, 0, 4)
            zp = between(rng, lo, hi)
            table = InterpolatedTable(
                entries=entries, fraction_bits=fraction, rounding=mode, zero_point=zp, lo=lo, hi=hi
            )
            x = np.arange(fmt.lo, fmt.hi + 1)
            above, piece = tensor(x - fmt.lo), 1 << bits - 9
            place, offset = torch.div(above, piece, rounding_mode="floor"), torch.remainder(above, piece)
            left, right = (torch.take(tensor(entries), place + k) for k in (0, 1))
            line = left * (piece - offset) + right * offset
            shift = torch.full_like(line, bits - 9 + fraction)
            q = torch.clamp(shift_right(line, shift, mode) + zp, lo, hi)
            explain = elementwise(x=x, bits=bits, signed=signed)
            yield Batch(interpolation.interpolate(x, table, fmt), q.numpy(), explain)


def of_node(node: Node) -> Explain:
    """Explain any output by its node."""
    return lambda index: {"node": node}


def torch_views(rng: np.random.Generator) -> Iterator[Batch]:
    """reshape, permute, narrow and cat."""
    kinds = reshape(rng), transpose(rng), slice_(rng), concat(rng)
    while True:
        for index, kind in enumerate(kinds):
            case = next(kind)
            given, node = [tensor(value) for value in case.values], case.node
            if index == 0:
                found = torch.reshape(given[0], (-1, *node.shape))  # type: ignore[attr-defined]
            elif index == 1:
                found = torch.permute(given[0], (0, *(axis + 1 for axis in node.axes)))  # type: ignore[attr-defined]
            elif index == 2:
                found = torch.narrow(given[0], node.axis + 1, node.start, node.length)  # type: ignore[attr-defined]
            else:
                found = torch.cat(given, dim=node.axis + 1)  # type: ignore[attr-defined]
            yield Batch(np.asarray(node.forward(case.values, case.inputs), np.int64), found.numpy(), of_node(node))


CHECKS = (
    Check(
        name="layer_norm/torch",
        stranger=f"{TORCH} int64, float64 root",
        domain="any row of 1..4096 elements of 2..16 bits, E, KB and TF",
        batches=torch_layer_norm,
    ),
    Check(
        name="interpolate/torch",
        stranger=f"{TORCH} int64",
        domain="all inputs of 10..16 bits, both signs, random tables; floor, half_up",
        batches=torch_interpolate,
        exhaustive=True,
    ),
    Check(
        name="views/torch",
        stranger=f"{TORCH} reshape, permute, narrow, cat",
        domain="1 to 8 axes, any of them long",
        batches=torch_views,
        counts=512,
    ),
)
