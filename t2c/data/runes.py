"""Runes: a second alphabet of ten shapes, drawn as the glyphs are; none of them is a digit."""

from __future__ import annotations

from t2c.data.glyphs import split
from t2c.data.split import Splits
from t2c.data.strokes import Polyline, Real, arc, segments_of

SEED = 20252
TRAIN, CALIBRATION, TEST = 2000, 500, 1000

SHAPES: tuple[tuple[Polyline, ...], ...] = (
    ([(0.0, -1.0), (0.6, 1.0), (-0.6, 1.0), (0.0, -1.0)],),
    ([(0.0, -1.0), (0.0, 1.0)], [(-0.6, 0.0), (0.6, 0.0)]),
    ([(-0.6, -1.0), (0.6, 1.0)], [(0.6, -1.0), (-0.6, 1.0)]),
    ([(0.0, 1.0), (0.0, -1.0)], [(-0.55, -0.3), (0.0, -1.0), (0.55, -0.3)]),
    ([(-0.6, -1.0), (0.6, -1.0), (-0.6, 1.0), (0.6, 1.0), (-0.6, -1.0)],),
    ([(0.0, -1.0), (0.6, 0.0), (0.0, 1.0), (-0.6, 0.0), (0.0, -1.0)],),
    ([*arc((0.0, -0.4), (0.6, 0.6), 180, 0), (0.6, -1.0)], [(-0.6, -0.4), (-0.6, -1.0)], [(0.0, 0.2), (0.0, 1.0)]),
    ([(-0.6, 1.0), (-0.6, -1.0), (0.6, 1.0), (0.6, -1.0)],),
    ([(-0.6, 1.0), *arc((0.0, -0.4), (0.6, 0.6), 180, 360), (0.6, 1.0)],),
    ([(-0.6, -1.0), (-0.6, 1.0)], [(0.6, -1.0), (0.6, 1.0)], [(-0.6, 0.0), (0.6, 0.0)]),
)
"""Triangle, cross, X, arrow, hourglass, diamond, trident, N, arch and H: polylines in a box like that of the glyphs."""

SEGMENTS: Real = segments_of(SHAPES)


def load(train: int = TRAIN, calibration: int = CALIBRATION, test: int = TEST, *, seed: int = SEED) -> Splits:
    """The three splits, each from a random stream of its own; images as those of `t2c.data.glyphs`."""
    parts = ((train, 0), (calibration, 1), (test, 2))
    drawn = [split(count, seed, part, SEGMENTS) for count, part in parts]
    return Splits(train=drawn[0], calibration=drawn[1], test=drawn[2])
