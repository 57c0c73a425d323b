"""Images of another size and with other channels: what a network wants that was trained on other images."""

from __future__ import annotations

import torch.nn.functional as F

from t2c.data.split import Split, Splits
from t2c.golden.errors import RangeError


def resized(splits: Splits, *, size: int, channels: int | None = None) -> Splits:
    """The three splits at another size.

    Args:
        splits: images (N, C, H, W).
        size: height and width; bilinear, pixels as areas, without antialiasing.
        channels: how often a grey image is repeated; None leaves the channels as they are.

    Raises:
        RangeError: a size below 1, or other channels for images that are not grey.
    """
    if size < 1:
        raise RangeError(f"size = {size} is below 1")

    def one(split: Split) -> Split:
        images = F.interpolate(split.images, (size, size), mode="bilinear", align_corners=False)
        if channels is not None and channels != images.shape[1]:
            if images.shape[1] != 1:
                raise RangeError(f"channels = {channels}: the images have {images.shape[1]}, not one to repeat")
            images = images.expand(-1, channels, -1, -1).contiguous()
        return Split(images=images, labels=split.labels)

    return Splits(train=one(splits.train), calibration=one(splits.calibration), test=one(splits.test))
