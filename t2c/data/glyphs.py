"""Glyphs: seeded 32 x 32 colour images of the ten digits, drawn from strokes at run time; nothing is downloaded.

An image is a digit as strokes, moved by a random affine map, in a random colour and stroke width, on a background
with a colour gradient, smooth variation and a stray stroke, under noise. Every class is equally frequent.

All random numbers are uniform ones from NumPy's PCG64 with a seed that names the split, and all arithmetic from there
to the pixels is +, -, *, / and square roots of float32, rounded to 8 bits at the end: the same bytes on every machine.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from t2c.data.split import Split, Splits
from t2c.data.strokes import GLYPHS, SEGMENTS, Real, mask

SIZE = 32
CLASSES = len(GLYPHS)
SEED = 20250
TRAIN, CALIBRATION, TEST = 8000, 500, 1000

CLUTTER = 1
"""Stray strokes behind the glyph."""

CHUNK = 250
"""Images drawn at once, so that temporary arrays stay small; another number gives other images."""


def uniform(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> Real:
    """Uniform float32 in low..high; as only products and sums are involved, equal on every machine."""
    return np.float32(low) + np.float32(high - low) * rng.random(shape, dtype=np.float32)


def triangular(rng: np.random.Generator, shape: tuple[int, ...]) -> Real:
    """Noise of mean 0 in -2..2 with a triangular density, float32, equal on every machine."""
    return uniform(rng, -1.0, 1.0, shape) + uniform(rng, -1.0, 1.0, shape)


def place(
    rng: np.random.Generator,
    labels: npt.NDArray[np.int64],
    size: int,
    *,
    reach: float = 0.1,
    alphabet: Real = SEGMENTS,
) -> Real:
    """Strokes of each label's glyph under a random affine map.

    Half the height is 0.26..0.38 of the image, the width 0.75..1.25 of what fits, the rotation up to 20 degrees either
    way, the shear up to 0.25, the shift up to `reach` of the image on each axis.

    Returns:
        (N, S, 2, 2) ends (x, y) of the segments in pixels, as `strokes.mask` takes them.
    """
    count = len(labels)
    half_angle = uniform(rng, -0.18, 0.18, (count, 1))  # its tangent: the rotation without sine and cosine
    cos = (1 - half_angle * half_angle) / (1 + half_angle * half_angle)
    sin = 2 * half_angle / (1 + half_angle * half_angle)
    height = size * uniform(rng, 0.26, 0.38, (count, 1))
    width = height * uniform(rng, 0.75, 1.25, (count, 1))
    shear = uniform(rng, -0.25, 0.25, (count, 1))
    centre = size * (np.float32(0.5) + uniform(rng, -reach, reach, (count, 2)))
    ends = alphabet[labels].reshape(count, -1, 2)
    x, y = width * (ends[:, :, 0] + shear * ends[:, :, 1]), height * ends[:, :, 1]
    moved = np.stack([cos * x - sin * y + centre[:, :1], sin * x + cos * y + centre[:, 1:]], axis=2)
    return moved.astype(np.float32).reshape(count, -1, 2, 2)


def smooth(rng: np.random.Generator, count: int, cells: int, size: int) -> Real:
    """Smooth random fields (N, 3, size, size) in -1..1: random values on (cells + 1)² corners, bilinear between."""
    corners = uniform(rng, -1.0, 1.0, (count, 3, cells + 1, cells + 1))
    at = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(cells / size)
    low = np.minimum(at.astype(np.int64), cells - 1)
    part = at - low.astype(np.float32)
    rows = corners[:, :, low] + part[:, None] * (corners[:, :, low + 1] - corners[:, :, low])
    field: Real = rows[..., low] + part * (rows[..., low + 1] - rows[..., low])
    return field


def paint(canvas: Real, cover: Real, colour: Real) -> Real:
    """The canvas (N, 3, H, W) under paint of one colour (N, 3) where the cover (N, H, W) says."""
    painted: Real = canvas + cover[:, None] * (colour[:, :, None, None] - canvas)
    return painted


def _chunk(rng: np.random.Generator, labels: npt.NDArray[np.int64], size: int, alphabet: Real) -> npt.NDArray[np.uint8]:
    count = len(labels)
    level: Real = uniform(rng, 0.0, 1.0, (count, 1))
    away: Real = np.where(level < 0.5, np.float32(1), np.float32(-1))  # towards the side with room for contrast
    ground: Real = level + uniform(rng, -0.2, 0.2, (count, 3))
    ink: Real = level + away * uniform(rng, 0.3, 0.7, (count, 1)) + uniform(rng, -0.2, 0.2, (count, 3))
    canvas: Real = ground[:, :, None, None] + np.float32(0.2) * smooth(rng, count, 1, size)
    canvas = canvas + np.float32(0.1) * smooth(rng, count, 5, size)
    for _ in range(CLUTTER):
        ends = uniform(rng, 0.0, float(size), (count, 1, 2, 2))
        stray = mask(ends, uniform(rng, 0.015, 0.04, (count,)) * size, size)
        canvas = paint(canvas, stray, uniform(rng, 0.0, 1.0, (count, 3)))
    strokes = mask(place(rng, labels, size, alphabet=alphabet), uniform(rng, 0.03, 0.065, (count,)) * size, size)
    canvas = paint(canvas, strokes, ink)
    noise = uniform(rng, 0.02, 0.1, (count, 1, 1, 1)) * triangular(rng, canvas.shape)
    return np.rint(np.clip(canvas + noise, 0.0, 1.0) * np.float32(255)).astype(np.uint8)


def draw(
    rng: np.random.Generator, labels: npt.NDArray[np.int64], size: int = SIZE, alphabet: Real = SEGMENTS
) -> npt.NDArray[np.uint8]:
    """Draw one image per label.

    Args:
        rng: where all randomness comes from.
        labels: int (N,) in 0..9.
        size: height and width; everything but the noise scales with it.
        alphabet: of `strokes.segments_of`: what each label looks like.

    Returns:
        (N, 3, size, size) uint8, channels red, green, blue.
    """
    chunks = [_chunk(rng, labels[start : start + CHUNK], size, alphabet) for start in range(0, len(labels), CHUNK)]
    return np.concatenate(chunks) if chunks else np.zeros((0, 3, size, size), np.uint8)


def split(count: int, seed: int, part: int, alphabet: Real = SEGMENTS) -> Split:
    """`count` images of size 32 with as equal a number of each class as there can be, in random order.

    Args:
        count: images.
        seed, part: name the random stream; other pairs give other images.
        alphabet: as `draw`.

    Returns:
        images (count, 3, 32, 32) float32, multiples of 1/255 in 0..1; labels (count,) int64 in 0..9.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, part])))
    labels = rng.permutation(np.arange(count, dtype=np.int64) % len(alphabet))
    images = draw(rng, labels, alphabet=alphabet).astype(np.float32) / np.float32(255)
    return Split(images=torch.from_numpy(images), labels=torch.from_numpy(labels))


def load(train: int = TRAIN, calibration: int = CALIBRATION, test: int = TEST, *, seed: int = SEED) -> Splits:
    """The three splits, each from a random stream of its own; the test images do not depend on the other sizes."""
    return Splits(train=split(train, seed, 0), calibration=split(calibration, seed, 1), test=split(test, seed, 2))
