"""Small graphs for the tests of the export formats: one linear layer or some adds with chosen constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.linear import Linear

WIDE = Widths(acc=29, scale=32, bias=60)
"""The widest products that golden allows."""


def edge(
    name: str, *shape: int, bits: int = 8, signed: bool = True, zero_point: int = 0, scale: float = 0.1
) -> TensorSpec:
    return TensorSpec(name=name, shape=shape, bits=bits, signed=signed, zero_point=zero_point, scale=scale)


def linear_graph(
    x: TensorSpec,
    y: TensorSpec,
    weight: Any,
    multiplier: Any,
    bias: Any,
    shift: Any,
    *,
    widths: Widths | None = None,
    **stage: Any,
) -> Graph:
    """One linear layer fc from x to y; the constants are one per output channel; the clip range is y's whole format."""
    widths = widths or Widths()
    mulquant = MulQuant(
        multiplier=np.asarray(multiplier),
        bias=np.asarray(bias),
        shift=np.asarray(shift),
        widths=widths,
        **{"zero_point": y.zero_point, "lo": y.format.lo, "hi": y.format.hi, **stage},
    )
    node = Linear(
        name="fc", inputs=(x.name,), output=y.name, weight=np.asarray(weight), weight_bits=8, mulquant=mulquant
    )
    return Graph(name="linear", widths=widths, edges={x.name: x, y.name: y}, nodes=(node,), input=x.name, output=y.name)


def rounding_graph(mode: Rounding) -> Graph:
    """Channels with every shift 0..63 and constants whose sums lie on, beside and far from ties, of both signs."""
    x, rng = edge("x", 1), np.random.default_rng(3)
    rows: list[tuple[int, int, int]] = []  # multiplier, bias, shift
    for shift in range(64):
        half = 1 << min(max(shift - 1, 0), 58)
        unit = 1 << min(max(shift - 7, 0), 30)
        rows += [(unit, bias, shift) for bias in (0, half, -half, half - 1, -half - 1, 5 * half % (1 << 59))]
        rows += [(int(m), int(rng.integers(-(1 << 59), 1 << 59)), shift) for m in (-(1 << 31), (1 << 31) - 1)]
    multiplier, bias, shift = (np.array(column) for column in zip(*rows, strict=True))
    weight = np.where(np.arange(len(rows)) % 8 == 6, -128, 1)[:, None]
    return linear_graph(
        x, edge("y", len(rows), zero_point=-3), weight, multiplier, bias, shift, widths=WIDE, rounding=mode
    )


def adds_graph(mode: Rounding) -> Graph:
    """x + x with every shift; the last edge is the output."""
    x = edge("x", 2, zero_point=5)
    edges, nodes = {"x": x}, []
    for shift in range(64):
        y = edge(f"y{shift}", 2, signed=shift % 2 == 0, zero_point=3)
        add = AddQuant(
            multiplier_a=(1 << min(max(shift - 6, 0), 30)) + 1,
            multiplier_b=-(1 << min(max(shift - 8, 0), 31)),
            bias=1 << min(max(shift - 1, 0), 58),
            shift=shift,
            rounding=mode,
            zero_point=3,
            lo=y.format.lo,
            hi=y.format.hi,
            widths=WIDE,
        )
        edges[y.name] = y
        nodes.append(Add(name=y.name, inputs=("x", "x"), output=y.name, addquant=add))
    return Graph(name="adds", widths=WIDE, edges=edges, nodes=tuple(nodes), input="x", output="y63")
