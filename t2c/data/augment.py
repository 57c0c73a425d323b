"""Random views of images in torch: crop, turn, colour, contrast, noise; for training without labels."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from t2c.golden.errors import RangeError, ShapeError

TURN = 45.0
"""Degrees either way at turn = 1."""

NOISE = 0.25
"""Standard deviation at noise = 1."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """What may happen to an image, each from 0 (never) to 1 (as much as makes sense).

    crop: a part of the image becomes all of it: height and width are 1 - 0.7 crop to 1 of the image's, each by itself,
    anywhere inside; turn: by up to 45 turn degrees either way; colour: each channel gets a gain of 1 - colour to
    1 + colour and moves by up to colour / 2; grey: the share of images that become their channels' mean; invert: the
    share of images that become 1 - x; noise: normal, standard deviation up to noise / 4.

    There is no flip: of a digit or a letter it makes another one.

    Raises:
        RangeError: a strength outside 0..1; the message names it.
    """

    crop: float = 0.3
    turn: float = 0.3
    colour: float = 0.4
    grey: float = 0.2
    invert: float = 0.3
    noise: float = 0.2

    def __post_init__(self) -> None:
        for field in fields(self):
            if not 0.0 <= (value := getattr(self, field.name)) <= 1.0:
                raise RangeError(f"{field.name}: {value} is outside 0..1")

    def scaled(self, strength: float) -> Augmentation:
        """The same, each number times `strength`.

        Raises:
            RangeError: a strength outside 0..1.
        """
        if not 0.0 <= strength <= 1.0:
            raise RangeError(f"strength: {strength} is outside 0..1")
        return replace(self, **{field.name: strength * getattr(self, field.name) for field in fields(self)})

    def check(self, images: Tensor) -> None:
        """Refuse what has no height and width; raise ShapeError."""
        if images.ndim != 4:
            raise ShapeError(f"images of shape {tuple(images.shape)} have no views: they are not (N, C, H, W)")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """One random view of each image, each image by itself.

        Args:
            images: (N, C, H, W) float32 in 0..1, on the CPU.
            generator: where all randomness comes from.

        Returns:
            The same shape, in 0..1; beyond the edges of a turned image its edge goes on.
        """
        self.check(images)
        count, channels = images.shape[:2]

        def uniform(low: float, high: float, *shape: int) -> Tensor:
            return low + (high - low) * torch.rand(count, *shape, generator=generator)

        size = uniform(1.0 - 0.7 * self.crop, 1.0, 2)
        corner = (1.0 - size) * uniform(-1.0, 1.0, 2)  # of the crop's middle, in -1..1 over the image
        angle = uniform(-self.turn, self.turn) * math.radians(TURN)
        cos, sin = angle.cos(), angle.sin()
        rows = [[size[:, 0] * cos, -size[:, 1] * sin, corner[:, 0]], [size[:, 0] * sin, size[:, 1] * cos, corner[:, 1]]]
        place = torch.stack([torch.stack(row, 1) for row in rows], 1)
        grid = F.affine_grid(place, list(images.shape), align_corners=False)
        view = F.grid_sample(images, grid, padding_mode="border", align_corners=False)

        gain = uniform(1.0 - self.colour, 1.0 + self.colour, channels, 1, 1)
        view = (view - 0.5) * gain + 0.5 + uniform(-0.5, 0.5, channels, 1, 1) * self.colour
        greyed, inverted = uniform(0.0, 1.0, 1, 1, 1) < self.grey, uniform(0.0, 1.0, 1, 1, 1) < self.invert
        view = torch.where(greyed, view.mean(1, keepdim=True), view)
        view = torch.where(inverted, 1.0 - view, view)
        noise = uniform(0.0, NOISE * self.noise, 1, 1, 1)
        view = view + noise * torch.randn(images.shape, generator=generator)
        return view.clamp(0.0, 1.0).contiguous()
