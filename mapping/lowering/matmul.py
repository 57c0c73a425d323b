"""matmul of two activations on the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from t2c.contract.activation_layout import Layout
from t2c.contract.hardware import Hardware
from t2c.contract.parameter_lanes import channel_lanes
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.golden.nodes.matmul import Matmul
from t2c.mapping.lower import Site, lowers
from t2c.mapping.product import Head, ProductPlan, side_by_side
from t2c.mapping.views import plane, tokens_map


@lowers("matmul", rows=True, product=True)
def lower_matmul(node: Matmul, site: Site) -> ProductPlan:
    """Plan a product of two activations; raise UnsupportedError if the operands do not fit it or each other."""
    _check_weights(node, site)
    heads = [_head(node, site, index) for index in product(*map(range, site.target.shape[:-2]))]
    return ProductPlan(**site.plan_fields(node), stage=node.mulquant, **_with_constants(node, heads, site.hardware))


def _check_weights(node: Matmul, site: Site) -> None:
    """Refuse a second operand whose values are no weights."""
    edge, w_w, columns = site.inputs[1], site.hardware.w_w, site.hardware.columns
    if not columns.plain:
        text = f"its weights are an activation, which only multipliers take, not element {columns.first.name!r}"
        raise UnsupportedError(f"layer {node.name!r}: {text}")
    if edge.zero_point:
        text = f"the second operand {edge.name!r} has the zero point {edge.zero_point}, the core takes 0 alone"
        raise UnsupportedError(f"layer {node.name!r}: {text}")
    if edge.bits > w_w - (not edge.signed):
        what = f"{edge.bits} bits {'signed' if edge.signed else 'unsigned'}"
        text = f"the second operand {edge.name!r} of {what} does not fit a signed weight of W_W = {w_w} bits"
        raise UnsupportedError(f"layer {node.name!r}: {text}")


def _head(node: Matmul, site: Site, index: Sequence[int]) -> Head:
    """One of the products, or why its operands do not fit."""
    where = f"layer {node.name!r}: head {', '.join(map(str, index))}" if index else f"layer {node.name!r}"
    a, b, out = (_matrix(layout, index) for layout in (*site.sources, site.target))
    try:
        left, result = tokens_map(a, channels=1), tokens_map(out, channels=1)
    except ShapeError as error:
        raise UnsupportedError(f"{where}: the first operand {node.inputs[0]!r}: {error}") from error
    reasons = []
    for transpose in (False, True):
        try:
            right = tokens_map(b, channels=0 if transpose else 1)
        except ShapeError:
            continue
        head = Head(a=left, b=right, out=result, transpose=transpose)
        if (reason := _misfit(head)) is None:
            return head
        reasons.append(reason)
    reason = reasons[0] if reasons else "lies in memory neither as (tokens, channels) nor as (channels, tokens)"
    raise UnsupportedError(f"{where}: the second operand {node.inputs[1]!r} {reason}")


def _misfit(head: Head) -> str | None:
    """Why the banks of a head's tensors do not fit each other; None if they do."""
    a, b, out = head.a.bank, head.b.bank, head.out.bank
    # What lies along K must agree, and what lies along O.
    along_k, along_o = ((a, b), (0, out)) if head.transpose else ((a, 0), (b, out))
    if along_k[0] != along_k[1]:
        apart = f"a multiple of ROWS = {head.b.rows} channels apart they would fit"
        return f"has K from bank {along_k[1]} on, the first one from bank {along_k[0]} on; {apart}"
    if along_o[0] != along_o[1]:
        apart = f"a multiple of ROWS = {head.b.rows} channels apart they would fit"
        return f"gives columns from bank {along_o[0]} on, the output has them from bank {along_o[1]} on; {apart}"
    return None


def _matrix(layout: Layout, index: Sequence[int]) -> Layout:
    """The last two axes at an index of those before them."""
    for each in index:
        layout = plane(layout, each)
    return layout


def _with_constants(node: Matmul, heads: Sequence[Head], hardware: Hardware) -> dict[str, Any]:
    """The heads, and the constants of their column tiles: of all, or of one where they begin with a memory word.

    Raises:
        UnsupportedError: heads share a column tile where a memory word has several.
    """
    shared, groups = side_by_side(heads), hardware.groups
    depth = heads[0].out.channels
    if shared and groups > 1 and depth % hardware.cols:
        text = f"heads of {depth} channels share column tiles; they need a multiple of COLS = {hardware.cols}"
        raise UnsupportedError(f"layer {node.name!r}: {text}")
    start = heads[0].out.start if shared else 0
    placed = [replace(head, first_tile=(head.out.start - start) * groups if shared else 0) for head in heads]
    chosen = placed if shared else placed[:1]
    last = chosen[-1]
    channels = np.full(last.first_tile * hardware.cols + last.out.words * hardware.rows, -1, dtype=np.int64)
    for head in chosen:
        first = head.first_tile * hardware.cols + head.out.bank
        channels[first : first + depth] = np.arange(depth)
    return {
        "heads": tuple(placed),
        "params": channel_lanes(node.mulquant, channels.reshape(-1, hardware.cols), hardware),
    }
