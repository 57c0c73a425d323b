"""Scenes: seeded colour images of photo size with structure at every scale, for networks that want 224 x 224.

An image is smooth random colour in octaves, each finer one weaker, under a few large glyphs of `t2c.data.glyphs`. There
is nothing to classify; like a photo, and unlike white noise, neighbouring pixels are alike. Bytes as for the glyphs.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from t2c.data.glyphs import CLASSES, paint, place, smooth, uniform
from t2c.data.strokes import mask

OCTAVES = ((2, 0.35), (6, 0.2), (18, 0.12), (54, 0.07))
"""Cells per side and amplitude of each field of smooth colour."""

GLYPHS_EACH = 3


def load(count: int, *, size: int = 224, seed: int = 20251) -> Tensor:
    """Draw scenes.

    Args:
        count: images; the first ones do not depend on it.
        size: height and width.
        seed: of NumPy's PCG64; each image has a random stream of its own, (seed, index).

    Returns:
        (count, 3, size, size) float32, multiples of 1/255 in 0..1.
    """
    images = np.zeros((count, 3, size, size), np.float32)
    for index in range(count):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, index])))
        canvas = np.full((1, 3, size, size), 0.5, np.float32)
        for cells, amplitude in OCTAVES:
            canvas += np.float32(amplitude) * smooth(rng, 1, cells, size)
        for _ in range(GLYPHS_EACH):
            strokes = place(rng, rng.integers(0, CLASSES, 1), size, reach=0.35)
            cover = mask(strokes, uniform(rng, 0.01, 0.05, (1,)) * size, size)
            canvas = paint(canvas, cover, uniform(rng, 0.0, 1.0, (1, 3)))
        images[index] = np.rint(np.clip(canvas[0], 0.0, 1.0) * np.float32(255)) / np.float32(255)
    return torch.from_numpy(images)
