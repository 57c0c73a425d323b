"""The ResNet-18 and ResNet-50 packages: shapes and sizes of ImageNet networks, seeded weights instead of training."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from t2c.accuracy import logits_of
from t2c.calibration import calibrate
from t2c.data.scenes import load
from t2c.example_models.seeded import seed_weights
from t2c.example_models.settings import Metrics, repeatable
from t2c.fusion import NetFuser
from t2c.models.resnet18 import ResNet18
from t2c.models.resnet50 import ResNet50
from t2c.nn2chip import T2C

KINDS: dict[str, tuple[str, type[ResNet18] | type[ResNet50]]] = {
    "resnet18": ("ResNet-18", ResNet18),
    "resnet50": ("ResNet-50", ResNet50),
}
NAMES = tuple(KINDS)

CALIBRATION, SAMPLES = 8, 2


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Seed, quantise and write them; arguments and results as `build`; epochs: nothing is trained.

    There is no truth to label images with. The labels are the float model's own predictions, so the accuracies say
    how often the quantised networks agree with it, and there is no accuracy of the float model.
    """
    del epochs
    images = load(CALIBRATION + SAMPLES)
    seen, samples = images[:CALIBRATION], images[CALIBRATION:]
    for name in names:
        title, kind = KINDS[name]
        with repeatable():
            model = seed_weights(kind(), seen)
            qnet = NetFuser(model).fuse(seen)
            with calibrate(qnet):
                qnet(seen)
            chip = T2C(qnet, name=name)
            chip.nn2chip(
                samples,
                logits_of(model, samples).argmax(1),
                directory=directory / name,
                description=(
                    f"{title}, seeded and NOT trained; 8-bit weights and activations, pre-fuse, post-training "
                    f"quantisation; samples: {SAMPLES} seeded scenes; labels: the float model's own predictions, so "
                    "that accuracy is agreement with it"
                ),
            )
        yield name, dict(chip.metrics)
