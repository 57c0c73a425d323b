"""Whether the elements of the array compute what a layer wants, and whether its rows lie as they take them."""

from __future__ import annotations

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.elements.columns import Columns
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.node import Node
from t2c.mapping.tiles import ColumnRun, RowPlan


def memory_words(node: Node, hardware: Hardware, rows: IntArray) -> IntArray:
    """Words of the weight memory of tiles: (tiles * ROWS, COLS) weights to (tiles * tile_words, COLS) codes.

    Raises:
        UnsupportedError: an element does not hold its weights.
    """
    try:
        return hardware.columns.words(rows, hardware.w_w)
    except RangeError as error:
        raise UnsupportedError(f"layer {node.name!r}: {error}") from error


def check_products(node: Node, columns: Columns) -> None:
    """Refuse a layer whose products are not those of the array.

    Raises:
        UnsupportedError: with the layer's name and both arithmetics.
    """
    wanted = node.products
    if columns.exact:
        if wanted is not None:
            has = " and ".join(dict.fromkeys(element.name for element, _ in columns.parts))
            text = f"its products are those of element {wanted.name!r}, the array has {has}"
            raise UnsupportedError(f"layer {node.name!r}: {text}")
    elif wanted is None or wanted.name != columns.first.name:
        wants = "exact products" if wanted is None else f"those of element {wanted.name!r}"
        text = f"it wants {wants}, the array's are those of element {columns.first.name!r}"
        raise UnsupportedError(f"layer {node.name!r}: {text}")


def check_identity(node: Node, hardware: Hardware) -> None:
    """Refuse a layer that only hands its operands through the array, if an element changes them.

    Raises:
        UnsupportedError: with the layer's name and the element's.
    """
    half = 1 << hardware.x_w
    operands = np.arange(-half, half)
    for element, _ in hardware.columns.parts:
        for place in np.eye(element.span, dtype=np.int64):
            if element.exact:
                continue
            if (element.sums(operands[:, np.newaxis] * place, place) != operands).any():
                text = f"it needs operands as they are, element {element.name!r} changes them in a product by 1"
                raise UnsupportedError(f"layer {node.name!r}: {text}")


def check_rows(node: Node, hardware: Hardware, plan: RowPlan, runs: tuple[ColumnRun, ...]) -> None:
    """Refuse a layer whose channels do not lie as golden groups them, `span` from channel 0 on to an element.

    Raises:
        UnsupportedError: with the layer's name and the first such rows.
    """
    span = hardware.columns.span
    if span == 1 or hardware.columns.exact:
        return
    for run in runs:
        taps, channels = (rows.reshape(-1, span) for rows in plan.tile_rows(run.first_word, run.words))
        used = taps >= 0
        start = channels - np.arange(span)
        first = np.where(used, start, -1).max(axis=1, keepdims=True)
        tap = taps.max(axis=1, keepdims=True)
        wrong = used & ((start != first) | (start % span != 0) | (taps != tap))
        if wrong.any():
            row = int(wrong.any(axis=1).argmax()) * span % hardware.rows
            text = f"rows {row}.. of a tile do not hold {span} channels"
            raise UnsupportedError(
                f"layer {node.name!r}: {text} of one tap, as element {hardware.columns.first.name!r} takes"
            )
