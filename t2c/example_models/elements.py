"""The digits packages for elements of the array that are not multipliers: 2:4 sparse, truncated, compute in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import nn

from t2c.accuracy import accuracy, logits_of
from t2c.data.digits import load
from t2c.data.split import Splits
from t2c.example_models.settings import Metrics, repeatable, shortened, written
from t2c.golden.elements.columns import find_element
from t2c.models.digits_cnn import DigitsCNN
from t2c.models.strided_cnn import StridedCNN
from t2c.network import QNetwork
from t2c.trainers import PTQ, QAT, Schedule, Supervised

FLOAT = Schedule(epochs=60, rate=4e-3, decay=1e-3)
FINE_TUNE = Schedule(epochs=15, rate=3e-3, decay=0.0)


@dataclass(frozen=True, kw_only=True)
class ForElement:
    """One package.

    name: of its directory and graph; element: of the array; model: float; weight_bits, activation_bits: of all layers
    but the logits; pruner: of the float training, whose zeros the package keeps.
    """

    name: str
    element: str
    model: type[nn.Module]
    weight_bits: int
    activation_bits: int
    pruner: str | None = None

    @property
    def tuned(self) -> bool:
        """Whether training makes up for the error of the element; an exact one has none."""
        return not find_element(self.element).exact


VARIANTS = (
    ForElement(
        name="digits_2of4",
        element="two_of_four",
        model=DigitsCNN,
        weight_bits=8,
        activation_bits=8,
        pruner="2:4",
    ),
    ForElement(name="digits_truncated", element="truncated", model=StridedCNN, weight_bits=6, activation_bits=6),
    ForElement(name="digits_adc", element="adc_column", model=StridedCNN, weight_bits=4, activation_bits=8),
)

NAMES = tuple(variant.name for variant in VARIANTS)


def quantise(model: nn.Module, variant: ForElement, data: Splits, tuning: Schedule) -> QNetwork:
    """Fuse for the element and calibrate on the training images; fine-tune if the element is not exact."""
    options: dict[str, Any] = {
        "weight_bits": variant.weight_bits,
        "activation_bits": variant.activation_bits,
        "fuser_options": {"element": variant.element},
        "images": None,
        "calibration_batch": None,
    }
    if not variant.tuned:
        return PTQ(model, data, pruner="keep", **options).fit()
    return QAT(model, data, method="lsq", title=f"{variant.name} QAT", **options, **asdict(tuning)).fit()


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Train, quantise and write the named variants; arguments and results as `t2c.example_models.build`.

    The test split is evaluated once, at the end of each; the calibration split served to choose bits and schedules.
    """
    data = load()
    for variant in VARIANTS:
        if variant.name not in names:
            continue
        with repeatable():
            model = variant.model()
            training = asdict(shortened(FLOAT, epochs))
            Supervised(model, data, title=variant.name, pruner=variant.pruner, **training).fit()
            qnet = quantise(model, variant, data, shortened(FINE_TUNE, epochs))
            right = accuracy(logits_of(model, data.test.images), data.test.labels)
            made = written(qnet, data.test, directory / variant.name, _description(variant), accuracy_float=right)
        yield variant.name, made


def _description(variant: ForElement) -> str:
    how = "quantisation-aware fine-tuning with its error" if variant.tuned else "post-training quantisation"
    return (
        f"{variant.model.__name__} on scikit-learn digits for element {variant.element}; {variant.weight_bits}-bit "
        f"weights, {variant.activation_bits}-bit activations, 8-bit logits, {how}; samples: the test split"
    )
