"""The ViT packages: a small one on digits with both LayerNorms, and ViT-7 from a seed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import nn

from t2c.accuracy import accuracy, logits_of
from t2c.data import glyphs
from t2c.data.digits import load
from t2c.data.split import Splits
from t2c.example_models.settings import Metrics, repeatable, shortened, written
from t2c.layers.running_norm import with_running_norm
from t2c.methods import find_method
from t2c.models.vit import ViT2, ViT7
from t2c.nn2chip import T2C
from t2c.trainers import PTQ, QAT, Schedule, Supervised

FLOAT = Schedule(epochs=50, rate=3e-3, decay=1e-4)
FINE_TUNE = Schedule(epochs=25, rate=1e-3, decay=1e-4)
QUANTISED = Schedule(epochs=10, rate=5e-4, decay=0.0)
CALIBRATION, SAMPLES = 8, 2
"""Glyphs for ViT-7."""
SEED = 7


@dataclass(frozen=True, kw_only=True)
class TransformerVariant:
    """One package of the small ViT.

    name: of its directory and graph; title: in its description; method, weight_bits: how it is quantised; running: its
    LayerNorms have running statistics, switched on after training, with `tuned` fine-tuned in float for FINE_TUNE.
    """

    name: str
    title: str
    method: str = "minmax"
    weight_bits: int = 8
    running: bool = False
    tuned: bool = True


VARIANTS = (
    TransformerVariant(name="vit2", title="exact LayerNorm"),
    TransformerVariant(name="vit2_rcf", title="exact LayerNorm, RCF", method="rcf"),
    TransformerVariant(name="vit2_w4_lsq", title="exact LayerNorm, LSQ", method="lsq", weight_bits=4),
    TransformerVariant(
        name="vit2_switched", title="running statistics, switched on after training", running=True, tuned=False
    ),
    TransformerVariant(name="vit2_running", title="running statistics, fine-tuned", running=True),
)

NAMES = (*(variant.name for variant in VARIANTS), "vit7")


def seeded_vit7(seed: int = SEED) -> ViT7:
    """ViT-7 with weights from a seed, every norm and bias lived in; eval mode. Nothing is trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ViT7()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if parameter.ndim == 1:
                    parameter.add_(0.1 * torch.randn_like(parameter))
                elif name == "pos_embed":
                    parameter.copy_(0.2 * torch.randn_like(parameter))
    return model.eval()


def _variant(
    variant: TransformerVariant, model: nn.Module, data: Splits, directory: Path, epochs: int | None
) -> Metrics:
    if variant.running:
        model = with_running_norm(model, data.train.images)
        if variant.tuned:
            Supervised(model, data, title=variant.name, **asdict(shortened(FINE_TUNE, epochs))).fit()
    float_accuracy = accuracy(logits_of(model, data.test.images), data.test.labels)
    fuser = find_method(variant.method).fuser(variant.weight_bits, 8)
    if variant.method == "minmax":
        qnet = PTQ(model, data, fuser=fuser).fit()
    else:
        qnet = QAT(model, data, fuser=fuser, title=variant.name, **asdict(shortened(QUANTISED, epochs))).fit()
    trained = "post-training quantisation" if variant.method == "minmax" else "quantisation-aware fine-tuning"
    description = (
        f"ViT-2 on scikit-learn digits, {variant.title}; {variant.weight_bits}-bit weights, 8-bit activations, "
        f"{trained}; samples: the test split"
    )
    return written(qnet, data.test, directory / variant.name, description, accuracy_float=float_accuracy)


def _vit7(directory: Path) -> Metrics:
    """ViT-7 with seeded weights: labels are the float model's own predictions."""
    data = glyphs.load(CALIBRATION, 1, SAMPLES)
    model, samples = seeded_vit7(), data.test.images
    chip = T2C(model, calibration=data.train.images, name="vit7")
    chip.nn2chip(
        samples,
        logits_of(model, samples).argmax(1),
        directory=directory / "vit7",
        description=(
            "ViT-7, seeded and NOT trained; 8-bit weights and activations, post-training quantisation; samples: "
            f"{SAMPLES} glyphs; labels: the float model's own predictions, so that accuracy is agreement with it"
        ),
    )
    return dict(chip.metrics)


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Make the named packages; arguments and results as `t2c.example_models.build`.

    The small one is trained once; the test split is evaluated at the end of each variant.
    """
    chosen = [variant for variant in VARIANTS if variant.name in names]
    if chosen:
        data = load()
        with repeatable():
            model = ViT2()
            Supervised(model, data, title="vit2", **asdict(shortened(FLOAT, epochs))).fit()
            rows = [(variant.name, _variant(variant, model, data, directory, epochs)) for variant in chosen]
        yield from rows
    if "vit7" in names:
        with repeatable():
            metrics = _vit7(directory)
        yield "vit7", metrics
