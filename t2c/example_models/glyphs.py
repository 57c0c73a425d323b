"""The glyph packages: train ResNet-20 and MobileNet-V1 on the drawn glyphs, quantise to 8 bits, convert and write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from t2c.accuracy import BATCH, accuracy, logits_of
from t2c.data.glyphs import load
from t2c.data.split import Splits
from t2c.example_models.settings import Metrics, repeatable, shortened
from t2c.fusion import NetFuser
from t2c.models.mobilenet_v1 import MobileNetV1
from t2c.models.resnet20 import ResNet20
from t2c.nn2chip import T2C
from t2c.trainers import PTQ, Schedule, Supervised

SAMPLES = 32
"""Test images that a package holds; its accuracies are over the whole test split."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One package.

    name: of its directory and graph; title: in its description; model: makes the float model; training: its schedule.
    """

    name: str
    title: str
    model: Callable[[], nn.Module]
    training: Schedule


EXAMPLES = (
    Example(
        name="resnet20",
        title="ResNet-20",
        model=ResNet20,
        training=Schedule(epochs=3, rate=4e-3, decay=1e-4),
    ),
    Example(
        name="mobilenet_v1",
        title="MobileNet-V1 of width 0.25",
        model=lambda: MobileNetV1(0.25),
        training=Schedule(epochs=10, rate=4e-3, decay=1e-4, shift=2),
    ),
)

NAMES = tuple(example.name for example in EXAMPLES)


def make(example: Example, data: Splits, directory: Path, epochs: int | None) -> Metrics:
    """Train, quantise and write one package; return its metrics. The test split is evaluated once, at the end."""
    with repeatable():
        model = example.model()
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its stubs; a quarter faster
        Supervised(model, data, title=example.name, **asdict(shortened(example.training, epochs))).fit()
        test = data.test.images, data.test.labels
        float_accuracy = accuracy(logits_of(model, test[0]), test[1])
        chip = T2C(PTQ(model, data, fuser=NetFuser, images=8 * BATCH).fit(), name=example.name)
        stored = data.test.head(SAMPLES)
        chip.nn2chip(
            stored.images,
            stored.labels,
            directory=directory / example.name,
            description=(
                f"{example.title} on drawn glyphs; 8-bit weights and activations, pre-fuse, post-training "
                f"quantisation; samples: the first {SAMPLES} of the {len(data.test)} test images that the "
                "accuracies are over"
            ),
            metrics={"accuracy_float": float_accuracy},
            test=test,
        )
    return dict(chip.metrics)


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Make the named networks' packages; arguments and results as `t2c.example_models.build`."""
    data = load()
    for example in EXAMPLES:
        if example.name in names:
            yield example.name, make(example, data, directory, epochs)
