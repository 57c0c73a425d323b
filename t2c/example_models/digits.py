"""The digits packages: train the digits CNN once, quantise it by several methods, convert and write."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from t2c.accuracy import accuracy, logits_of
from t2c.data.digits import load
from t2c.data.split import Splits
from t2c.example_models.settings import Metrics, repeatable, shortened, written
from t2c.fusion import Scheme
from t2c.methods import find_method
from t2c.models.digits_cnn import DigitsCNN
from t2c.network import QNetwork
from t2c.trainers import PTQ, QAT, Schedule, Supervised

FLOAT = Schedule(epochs=60, rate=4e-3, decay=1e-3)
FINE_TUNE = Schedule(epochs=60, rate=3e-3, decay=0.0)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One package.

    name: of its directory and graph; bits: of weights and activations; method: one of METHODS; ends: bits of the input
    and of the weights of the first and the last layer, None for `bits`; tuning: None is PTQ, a schedule is QAT.
    """

    name: str
    bits: int
    scheme: Scheme
    method: str = "minmax"
    ends: int | None = None
    tuning: Schedule | None = None


VARIANTS = (
    Variant(name="digits_w8a8", bits=8, scheme=Scheme.PRE_FUSE),
    Variant(name="digits_w4a4", bits=4, scheme=Scheme.CHANNEL_WISE, tuning=FINE_TUNE),
    Variant(name="digits_apot", bits=4, scheme=Scheme.CHANNEL_WISE, method="apot", ends=8, tuning=FINE_TUNE),
    Variant(name="digits_msq", bits=4, scheme=Scheme.CHANNEL_WISE, method="msq", tuning=FINE_TUNE),
    Variant(name="digits_sp2", bits=4, scheme=Scheme.CHANNEL_WISE, method="sp2", ends=8, tuning=FINE_TUNE),
)

NAMES = tuple(variant.name for variant in VARIANTS)


def quantise(model: DigitsCNN, variant: Variant, data: Splits) -> QNetwork:
    """Fuse and calibrate on the training images, then fine-tune if the variant says so."""
    bits = variant.bits
    fuser = find_method(variant.method).fuser(bits, bits, scheme=variant.scheme, first_last_bits=variant.ends)
    if variant.tuning is None:
        return PTQ(model, data, fuser=fuser, images=None, calibration_batch=None).fit()
    tuning = asdict(variant.tuning)
    return QAT(
        model, data, fuser=fuser, images=None, calibration_batch=None, title=f"{variant.name} QAT", **tuning
    ).fit()


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Train, quantise and write the named variants; arguments and results as `t2c.example_models.build`.

    The test split is evaluated once, at the end; the calibration split served to choose the schedules above.
    """
    data = load()
    rows: dict[str, Metrics] = {}
    with repeatable():
        model = DigitsCNN()
        Supervised(model, data, title="digits", **asdict(shortened(FLOAT, epochs))).fit()
        float_accuracy = accuracy(logits_of(model, data.test.images), data.test.labels)
        for variant in VARIANTS:
            if variant.name not in names:
                continue
            tuning = None if variant.tuning is None else shortened(variant.tuning, epochs)
            qnet = quantise(model, replace(variant, tuning=tuning), data)
            place, text = directory / variant.name, _description(variant)
            rows[variant.name] = written(qnet, data.test, place, text, accuracy_float=float_accuracy)
    yield from rows.items()


def _description(variant: Variant) -> str:
    method = "post-training quantisation" if variant.tuning is None else "quantisation-aware fine-tuning"
    scheme = variant.scheme.value.replace("_", "-")
    levels = "" if variant.method == "minmax" else f"{find_method(variant.method).title}, "
    ends = "" if variant.ends is None else f"{variant.ends}-bit input, first and last layer, "
    return (
        f"DigitsCNN on scikit-learn digits; {variant.bits}-bit weights and activations, {ends}8-bit logits, "
        f"{levels}{scheme}, {method}; samples: the test split"
    )
