"""The example packages: train the digits CNN, quantise it to 8 and to 4 bits, convert and write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from t2c.calibration import calibrate
from t2c.data.digits import Digits, load
from t2c.fusion import NetFuser, Scheme
from t2c.models.digits_cnn import DigitsCNN
from t2c.network import QNetwork
from t2c.nn2chip import T2C, accuracy
from t2c.trainers.supervised import Schedule, fit

FLOAT = Schedule(epochs=60, rate=4e-3, decay=1e-3)
FINE_TUNE = Schedule(epochs=60, rate=3e-3, decay=0.0)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One package.

    name: of its directory and graph; bits: of weights and activations; tuning: None is PTQ, a schedule is QAT.
    """

    name: str
    bits: int
    scheme: Scheme
    tuning: Schedule | None = None


VARIANTS = (
    Variant(name="digits_w8a8", bits=8, scheme=Scheme.PRE_FUSE),
    Variant(name="digits_w4a4", bits=4, scheme=Scheme.CHANNEL_WISE, tuning=FINE_TUNE),
)


@contextmanager
def repeatable(seed: int = 0) -> Iterator[None]:
    """One thread, deterministic kernels, a seed: the same machine gives the same bytes. Restores the settings."""
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)


def quantise(model: DigitsCNN, variant: Variant, data: Digits) -> QNetwork:
    """Fuse and calibrate on the training images, then fine-tune if the variant says so."""
    bits = variant.bits
    fuser = NetFuser(model, scheme=variant.scheme, weight_bits=bits, activation_bits=bits)
    qnet = fuser.fuse(data.train.images[:1])
    with calibrate(qnet):
        qnet(data.train.images)
    if variant.tuning is not None:
        fit(qnet, data.train, variant.tuning, title=f"{variant.name} QAT")
    return qnet.eval()


def build(directory: Path, *, epochs: int | None = None) -> dict[str, dict[str, float]]:
    """Train, quantise and write every variant under the directory; return their metrics by name.

    The test split is evaluated once, at the end; the calibration split served to choose the schedules above.

    Args:
        directory: the packages become its subdirectories.
        epochs: overrides all schedules, for a quick run.
    """
    data = load()
    rows: dict[str, dict[str, float]] = {}
    with repeatable():
        model = DigitsCNN()
        fit(model, data.train, _shortened(FLOAT, epochs), title="float model")
        with torch.no_grad():
            float_accuracy = accuracy(model(data.test.images), data.test.labels)
        for variant in VARIANTS:
            tuning = None if variant.tuning is None else _shortened(variant.tuning, epochs)
            qnet = quantise(model, replace(variant, tuning=tuning), data)
            chip = T2C(qnet, name=variant.name)
            chip.nn2chip(
                data.test.images,
                data.test.labels,
                directory=directory / variant.name,
                description=_description(variant),
                metrics={"accuracy_float": float_accuracy},
            )
            rows[variant.name] = dict(chip.metrics)
    return rows


def _shortened(schedule: Schedule, epochs: int | None) -> Schedule:
    return schedule if epochs is None else replace(schedule, epochs=epochs)


def _description(variant: Variant) -> str:
    method = "post-training quantisation" if variant.tuning is None else "quantisation-aware fine-tuning"
    scheme = variant.scheme.value.replace("_", "-")
    return (
        f"DigitsCNN on scikit-learn digits; {variant.bits}-bit weights and activations, 8-bit logits, "
        f"{scheme}, {method}; samples: the test split"
    )


def table(rows: dict[str, dict[str, float]]) -> str:
    """Metrics as aligned text: accuracies in percent, the scale error in parts per million."""
    lines = [f"{'package':<14}{'float':>9}{'fake':>9}{'integer':>9}{'scale error':>14}"]
    for name, row in rows.items():
        figures = [row[f"accuracy_{kind}"] for kind in ("float", "fake_quantised", "integer")]
        cells = "".join(f"{figure:>9.2%}" for figure in figures)
        lines.append(f"{name:<14}{cells}{row['max_scale_error'] * 1e6:>10.1f} ppm")
    return "\n".join(lines)
