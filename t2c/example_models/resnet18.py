"""The ResNet-18 package: the real shapes and sizes of an ImageNet network, with seeded weights instead of training."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from t2c.accuracy import logits_of
from t2c.calibration import calibrate
from t2c.data.scenes import load
from t2c.example_models.settings import Metrics, repeatable
from t2c.fusion import NetFuser
from t2c.models.resnet18 import ResNet18
from t2c.nn2chip import T2C

NAMES = ("resnet18",)

SEED = 18
CALIBRATION, SAMPLES = 8, 2

WEIGHT_SPREAD, GAMMA_SPREAD, BETA = 0.5, 0.4, 0.3
"""Standard deviations: of ln(gain of an output channel), of ln(gamma), of beta."""


def seed_weights(model: nn.Module, images: Tensor, *, seed: int = SEED) -> nn.Module:
    """Give a network weights and statistics like those of a trained one, in place; eval mode.

    Convolutions and linear layers: He normal, times a log-normal gain per output channel. BatchNorm: gamma log-normal,
    beta normal, running mean and variance those of the images, so that activations neither die nor blow up.

    Args:
        model: any network.
        images: real (N, *shape), what the statistics are taken over.
        seed: of all random numbers.

    Source: He et al., Delving Deep into Rectifiers, ICCV 2015 (variance 2 / fan-in).
    """
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    norms: list[nn.BatchNorm2d] = []
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                weight = module.weight
                column = (-1,) + (1,) * (weight.ndim - 1)
                gain = torch.exp(WEIGHT_SPREAD * normal(weight.shape[0])).reshape(column)
                weight.copy_(normal(*weight.shape) * gain * (2.0 / weight[0].numel()) ** 0.5)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d):
                module.weight.copy_(torch.exp(GAMMA_SPREAD * normal(module.num_features)))
                module.bias.copy_(BETA * normal(module.num_features))
                norms.append(module)
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 1.0  # the running statistics become those of the one batch
        model.train()(images)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
    return model.eval()


def build(
    directory: Path, names: Collection[str] = NAMES, *, epochs: int | None = None
) -> Iterator[tuple[str, Metrics]]:
    """Seed, quantise and write ResNet-18; arguments and results as `build`; epochs: nothing is trained.

    There is no truth to label images with. The labels are the float model's own predictions, so the accuracies say
    how often the quantised networks agree with it, and there is no accuracy of the float model.
    """
    del names, epochs
    images = load(CALIBRATION + SAMPLES)
    seen, samples = images[:CALIBRATION], images[CALIBRATION:]
    with repeatable():
        model = seed_weights(ResNet18(), seen)
        qnet = NetFuser(model).fuse(seen)
        with calibrate(qnet):
            qnet(seen)
        chip = T2C(qnet, name="resnet18")
        chip.nn2chip(
            samples,
            logits_of(model, samples).argmax(1),
            directory=directory / "resnet18",
            description=(
                "ResNet-18, seeded and NOT trained; 8-bit weights and activations, pre-fuse, post-training "
                f"quantisation; samples: {SAMPLES} seeded scenes; labels: the float model's own predictions, so that "
                "accuracy is agreement with it"
            ),
        )
    yield "resnet18", dict(chip.metrics)
