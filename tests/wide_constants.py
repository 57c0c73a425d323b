"""Networks whose constants are as wide as their formats: random bits below those that the network had."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage, Widths
from t2c.golden.arithmetic.rounding import MAX_SHIFT
from t2c.golden.graph.package import Package
from tests.core_net import core_package

WIDEST = Widths(acc=29, scale=32, bias=60)
"""As wide as the core takes them: a lane of 98 bits."""


def _widened(rng: np.random.Generator, multipliers: list[int], bias: int, shift: int, widths: Widths) -> list[Any]:
    """[multipliers, bias, shift] times a power of two, with random bits below."""
    room = widths.scale - 1 - max(abs(m) for m in multipliers).bit_length()
    up = min(room, widths.bias - 2 - abs(bias).bit_length(), MAX_SHIFT - shift)
    wide = [(m << up) + int(rng.integers(1 << up)) for m in multipliers]
    return [wide, (bias << up) + int(rng.integers(1 << up)), shift + up]


def wide_stage(rng: np.random.Generator, stage: OutputStage, widths: Widths) -> OutputStage:
    """A requantisation that is nearly the same, in wider constants."""
    if isinstance(stage, AddQuant):
        pair = [stage.multiplier_a, stage.multiplier_b]
        (a, b), bias, shift = _widened(rng, pair, stage.bias, stage.shift, widths)
        return replace(stage, multiplier_a=a, multiplier_b=b, bias=bias, shift=shift, widths=widths)
    assert isinstance(stage, MulQuant)
    columns = zip(stage.multiplier.tolist(), stage.bias.tolist(), stage.shift.tolist(), strict=True)
    made = [_widened(rng, [m], b, s, widths) for m, b, s in columns]
    rows = [(m[0], b, s) for m, b, s in made]
    if len(rows) > 1:  # one channel whose bias is as wide as it may be, and decides its results
        shift = widths.bias - 10
        target = max(stage.hi - stage.zero_point, stage.lo - stage.zero_point, key=abs)
        bias = (target << shift) - (1 << shift - 1 if target > 0 else -1 << shift - 1)
        rows[1] = (-1 << widths.scale - 1) + int(rng.integers(99)), bias, shift
    multiplier, bias, shifts = (np.array(column) for column in zip(*rows, strict=True))
    return replace(stage, multiplier=multiplier, bias=bias, shift=shifts, widths=widths)


def with_wide_constants(package: Package, widths: Widths = WIDEST, seed: int = 0) -> Package:
    """The network of a package with constants of these widths."""
    rng, nodes = np.random.default_rng(seed), []
    for node in package.graph.nodes:
        if node.stage is not None:
            changes: dict[str, Any] = {node.stage_field: wide_stage(rng, node.stage, widths)}
            node = replace(node, **changes)
        nodes.append(node)
    graph = replace(package.graph, name=f"{package.graph.name}-wide", widths=widths, nodes=tuple(nodes))
    return replace(package, graph=graph)


def wide_package(seed: int = 0, samples: int = 2) -> Package:
    """`core_package` with constants as wide as the core takes them."""
    return with_wide_constants(core_package(seed, samples))
