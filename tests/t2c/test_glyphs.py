"""The drawn glyphs: the same bytes from the same seed, in range, balanced, no image in two splits."""

from __future__ import annotations

import doctest
import hashlib

import numpy as np
import pytest
import torch

from t2c.data import glyphs, scenes, strokes
from t2c.data.split import Splits
from t2c.data.strokes import GLYPHS, SEGMENTS, mask


@pytest.fixture(scope="module")
def data() -> Splits:
    return glyphs.load(train=120, calibration=50, test=83)


def digest(values: torch.Tensor) -> str:
    return hashlib.sha256((values * 255).round().to(torch.uint8).numpy().tobytes()).hexdigest()[:16]


def test_shapes_types_and_ranges(data: Splits) -> None:
    for part, count in ((data.train, 120), (data.calibration, 50), (data.test, 83)):
        assert part.images.shape == (count, 3, 32, 32)
        assert (part.images.dtype, part.labels.dtype) == (torch.float32, torch.int64)
        steps = part.images.double() * 255
        assert float((steps - steps.round()).abs().max()) < 1e-4
        assert float(part.images.min()) == 0.0
        assert float(part.images.max()) == 1.0


def test_every_class_is_as_frequent_as_the_others(data: Splits) -> None:
    for part in (data.train, data.calibration, data.test):
        counts = np.bincount(part.labels.numpy(), minlength=glyphs.CLASSES)
        assert len(counts) == 10
        assert counts.max() - counts.min() <= 1


def test_the_same_seed_gives_the_same_bytes(data: Splits) -> None:
    again = glyphs.load(train=10, calibration=50, test=83)
    assert torch.equal(again.test.images, data.test.images)
    assert torch.equal(again.test.labels, data.test.labels)
    assert not torch.equal(glyphs.split(83, glyphs.SEED + 1, 2).images, data.test.images)


def test_the_bytes_are_those_of_every_other_machine() -> None:
    """A change here changes every glyph package and every figure measured on glyphs."""
    assert digest(glyphs.split(40, glyphs.SEED, 2).images) == "45e4e44415c544e0"
    assert digest(scenes.load(1, size=64)) == "ca6687646f98df42"


def test_no_image_is_in_two_splits(data: Splits) -> None:
    images = torch.cat([data.train.images, data.calibration.images, data.test.images])
    assert len({image.numpy().tobytes() for image in images}) == 120 + 50 + 83


def test_images_of_one_class_differ(data: Splits) -> None:
    zeros = data.train.images[data.train.labels == 0]
    gaps = (zeros[1:] - zeros[:1]).abs().amax((1, 2, 3))
    assert float(gaps.min()) > 0.2


def test_a_mask_is_the_distance_to_the_nearest_stroke() -> None:
    ends = SEGMENTS[[3]] * 10 + 16
    covered = mask(ends, np.array([1.5], np.float32), 32)[0]
    pixels = np.stack(np.meshgrid(np.arange(32) + 0.5, np.arange(32) + 0.5), axis=2)
    points = ends.astype(float)[0, :, 0, None] + np.linspace(0, 1, 500)[None, :, None] * np.diff(ends[0], axis=1)
    gaps = np.linalg.norm(pixels[:, :, None] - points.reshape(-1, 2)[None, None, ::7], axis=3).min(axis=2)
    np.testing.assert_allclose(covered, np.clip(2.0 - gaps, 0, 1), atol=0.02)


def test_glyphs_fill_their_box_and_are_ten() -> None:
    assert len(GLYPHS) == glyphs.CLASSES == 10
    assert np.abs(SEGMENTS[..., 0]).max() <= 0.61
    np.testing.assert_allclose(np.abs(SEGMENTS[..., 1]).max(axis=(1, 2)), 1.0, atol=0.01)


def test_doctests() -> None:
    assert doctest.testmod(strokes) == (0, 2)


def test_no_images_are_no_error() -> None:
    assert glyphs.draw(np.random.default_rng(0), np.zeros(0, np.int64)).shape == (0, 3, 32, 32)


def test_scenes_are_smooth_and_each_has_its_own_stream() -> None:
    images = scenes.load(3, size=64)
    assert images.shape == (3, 3, 64, 64)
    assert 0.0 <= float(images.min()) < 0.2 < 0.8 < float(images.max()) <= 1.0
    assert torch.equal(scenes.load(2, size=64), images[:2])
    steps = (images[..., 1:] - images[..., :-1]).abs().mean()
    assert float(steps) < 0.3 * float(images.std())
