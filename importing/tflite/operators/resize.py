"""RESIZE_NEAREST_NEIGHBOR, DEPTH_TO_SPACE, SPACE_TO_DEPTH: pixels at other places."""

from __future__ import annotations

import math

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.proof import Exactness, Grade
from t2c.importing.tflite.conversion import OPERATORS, Conversion, node_name
from t2c.importing.tflite.edges import reshaped, taken, transposed
from t2c.importing.tflite.same_reading import require_same_reading
from t2c.importing.tflite.schema import TfliteOperator

MOVED = Exactness(grade=Grade.SAME)


def nearest(given: int, wanted: int, *, align_corners: bool, half_pixel_centers: bool) -> list[int]:
    """Which pixel each of the result is, in float32; source: `GetNearestNeighbor` of LiteRT.

    >>> nearest(3, 6, align_corners=False, half_pixel_centers=False)
    [0, 0, 1, 1, 2, 2]
    """
    if align_corners and wanted > 1:
        scale = np.float32(given - 1) / np.float32(wanted - 1)
    else:
        scale = np.float32(given) / np.float32(wanted)
    offset, found = np.float32(0.5 if half_pixel_centers else 0), []
    for index in range(wanted):
        place = (np.float32(index) + offset) * scale
        whole = math.floor(float(place) + 0.5) if align_corners else math.floor(float(place))
        found.append(max(min(whole, given - 1), 0))
    return found


@OPERATORS("RESIZE_NEAREST_NEIGHBOR")
def resize_nearest_neighbor(conversion: Conversion, op: TfliteOperator) -> None:
    """Of a map; the second input is its new height and width."""
    given, placed = conversion.map_source(op)
    size = conversion.numbers(op, 1)
    if len(size) != 2 or min(size) < 1:
        raise RefusedError([f"{op.label}: a size of {size}"])
    output = conversion.target(op, (1, *size, given.shape[3]), given.type)
    require_same_reading(op, given, output)
    modes = {
        "align_corners": bool(op.options["AlignCorners"]),
        "half_pixel_centers": bool(op.options["HalfPixelCenters"]),
    }
    name, edge = node_name(op), placed.edge
    for axis in (1, 2):
        edge = taken(conversion, f"{name}_{axis}", edge, axis, nearest(given.shape[axis], size[axis - 1], **modes))
    conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, MOVED)


def _block(op: TfliteOperator) -> int:
    block = int(op.options["BlockSize"])
    if not 1 <= block <= 1 << 12:
        raise RefusedError([f"{op.label}: blocks of {block}"])
    return block


@OPERATORS("DEPTH_TO_SPACE")
def depth_to_space(conversion: Conversion, op: TfliteOperator) -> None:
    """(H, W, b b C) to (b H, b W, C)."""
    given, placed = conversion.map_source(op)
    block, (_, height, width, depth), name = _block(op), given.shape, node_name(op)
    if depth % (block * block):
        raise RefusedError([f"{op.label}: {given.label} has {depth} channels for blocks of {block}"])
    left = depth // (block * block)
    output = conversion.target(op, (1, height * block, width * block, left), given.type)
    require_same_reading(op, given, output)
    apart = reshaped(conversion, f"{name}_apart", placed.edge, (block, block, left, height, width))
    turned = transposed(conversion, f"{name}_turned", apart, (2, 3, 0, 4, 1))
    edge = reshaped(conversion, name, turned, (left, height * block, width * block))
    conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, MOVED)


@OPERATORS("SPACE_TO_DEPTH")
def space_to_depth(conversion: Conversion, op: TfliteOperator) -> None:
    """(b H, b W, C) to (H, W, b b C)."""
    given, placed = conversion.map_source(op)
    block, (_, height, width, depth), name = _block(op), given.shape, node_name(op)
    if height % block or width % block:
        raise RefusedError([f"{op.label}: {given.label} of shape {given.shape} for blocks of {block}"])
    rows, columns = height // block, width // block
    output = conversion.target(op, (1, rows, columns, depth * block * block), given.type)
    require_same_reading(op, given, output)
    apart = reshaped(conversion, f"{name}_apart", placed.edge, (depth, rows, block, columns, block))
    turned = transposed(conversion, f"{name}_turned", apart, (2, 4, 0, 1, 3))
    edge = reshaped(conversion, name, turned, (depth * block * block, rows, columns))
    conversion.place(output, edge, lo=placed.lo, hi=placed.hi)
    conversion.report(op, edge, MOVED)
