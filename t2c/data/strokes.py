"""Ten glyphs as strokes, and strokes as anti-aliased masks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Real = npt.NDArray[np.float32]

Point = tuple[float, float]
Polyline = list[Point]

STEP = 22.5
"""Degrees of arc that one segment stands for."""

DECIMALS = 6
"""Sines and cosines are rounded to so many: no platform's mathematics library shows in the pixels."""


def arc(centre: Point, radii: Point, start: float, stop: float) -> Polyline:
    """Part of an ellipse as a polyline; degrees, clockwise from the right, since y points down.

    >>> arc((0.0, 0.0), (1.0, 2.0), 0, 90)[-1]
    (0.0, 2.0)
    """
    steps = max(1, math.ceil(abs(stop - start) / STEP))
    angles = [math.radians(start + (stop - start) * i / steps) for i in range(steps + 1)]
    return [
        (
            round(centre[0] + radii[0] * math.cos(angle), DECIMALS),
            round(centre[1] + radii[1] * math.sin(angle), DECIMALS),
        )
        for angle in angles
    ]


GLYPHS: tuple[tuple[Polyline, ...], ...] = (
    (arc((0.0, 0.0), (0.6, 1.0), 0, 360),),
    ([(-0.4, -0.55), (0.1, -1.0), (0.1, 1.0)],),
    ([*arc((0.0, -0.45), (0.55, 0.55), 180, 390), (-0.6, 1.0), (0.6, 1.0)],),
    (arc((0.0, -0.5), (0.5, 0.5), -150, 90), arc((0.0, 0.5), (0.58, 0.5), -90, 150)),
    ([(0.25, 1.0), (0.25, -1.0), (-0.6, 0.35), (0.6, 0.35)],),
    ([(0.5, -1.0), (-0.45, -1.0), (-0.5, -0.1), *arc((0.0, 0.4), (0.58, 0.6), -125, 145)],),
    ([(0.35, -1.0), (-0.2, -0.5), (-0.5, 0.1)], arc((0.0, 0.45), (0.55, 0.55), 0, 360)),
    ([(-0.6, -1.0), (0.6, -1.0), (-0.15, 1.0)],),
    (arc((0.0, -0.5), (0.45, 0.5), 0, 360), arc((0.0, 0.5), (0.56, 0.5), 0, 360)),
    ([(-0.35, 1.0), (0.2, 0.5), (0.5, -0.1)], arc((0.0, -0.45), (0.55, 0.55), 0, 360)),
)
"""The digits 0 to 9 by class, each a few polylines in -0.6..0.6 by -1..1, x to the right, y down."""


def _segments(polylines: tuple[Polyline, ...], count: int) -> list[tuple[Point, Point]]:
    """Both ends of every segment, the last one repeated up to the count."""
    pairs = [pair for line in polylines for pair in pairwise(line)]
    return pairs + pairs[-1:] * (count - len(pairs))


def segments_of(alphabet: tuple[tuple[Polyline, ...], ...]) -> Real:
    """(classes, segments, 2 ends, (x, y)) of shapes as polylines; those with fewer segments repeat their last one."""
    most = max(sum(len(line) - 1 for line in polylines) for polylines in alphabet)
    return np.array([_segments(polylines, most) for polylines in alphabet], dtype=np.float32)


SEGMENTS: Real = segments_of(GLYPHS)
"""Of the glyphs."""


def mask(segments: Real, half_width: Real, size: int) -> Real:
    """How far each pixel is covered by strokes with round ends.

    Args:
        segments: (N, S, 2, 2) ends (x, y) in pixels.
        half_width: (N,) half the width of the stroke in pixels.
        size: height and width of the image.

    Returns:
        (N, size, size) in 0..1: clip(half_width - distance + 1/2), distance from the pixel's centre to the nearest
        segment; that is the area covered, where the edge is straight and parallel to the pixels.

    >>> mask(np.array([[[[0.0, 1.5], [4.0, 1.5]]]], np.float32), np.array([1.0], np.float32), 4)[0, :, 1].tolist()
    [0.5, 1.0, 0.5, 0.0]
    """
    axis = np.arange(size, dtype=np.float32) + np.float32(0.5)
    nearest = np.full((segments.shape[0], size, size), np.inf, dtype=np.float32)
    for s in range(segments.shape[1]):
        start, step = segments[:, s, 0], segments[:, s, 1] - segments[:, s, 0]
        x, y = axis - start[:, :1], axis - start[:, 1:]  # (N, size) each: of the columns, of the rows
        dx, dy = step[:, :1], step[:, 1:]
        length = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
        along = (x * dx / length)[:, None, :] + (y * dy / length)[:, :, None]
        np.clip(along, 0.0, 1.0, out=along)
        across, down = x[:, None, :] - along * dx[:, :, None], y[:, :, None] - along * dy[:, :, None]
        np.minimum(nearest, across * across + down * down, out=nearest)
    covered: Real = np.clip(half_width[:, None, None] + np.float32(0.5) - np.sqrt(nearest), 0.0, 1.0)
    return covered
