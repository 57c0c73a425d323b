"""ADMM: weights in float are pulled towards their levels, epoch by epoch, put there, and fine-tuned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from t2c.golden.errors import UnsupportedError
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.quantisers.base import _QBase
from t2c.trainers.coach import Coach
from t2c.trainers.qat import QAT

INSIDE = 1 - 2.0**-20
"""What a projected weight is multiplied by: rounding must not put the largest level outside the clip, where no gradient
passes."""


def pulled_layers(net: QNetwork) -> dict[str, QWeighted]:
    """The layers, by name, whose weights train and have a quantiser with `project`.

    Raises:
        UnsupportedError: there are none; the message says which quantisers there are.
    """
    layers = {name: layer for name, layer in net.layers.items() if isinstance(layer, QWeighted)}
    training = {name: layer for name, layer in layers.items() if layer.weight.requires_grad}
    pulled = {n: layer for n, layer in training.items() if callable(getattr(layer.weight_quantiser, "project", None))}
    if not pulled:
        there = ", ".join(sorted({type(layer.weight_quantiser).__name__ for layer in training.values()}))
        text = f"the weights that train here have {there}" if there else "no weights train here"
        raise UnsupportedError(f"admm: it needs weight quantisers with `project`, as MSQ and SP2 have; {text}")
    return pulled


def projected(quantiser: _QBase, values: Tensor) -> Tensor:
    """Real weights (O, ...) at their levels; the scale is fitted to them, as a calibration would."""
    quantiser.bypass = False
    quantiser.start()
    quantiser(values)
    quantiser.freeze()
    with torch.no_grad():
        return quantiser.fake_quantise(values)


class Puller(Coach):
    """Adds the pull to the loss in the first rounds, an epoch each; after the last one it puts the weights at levels.

    Args:
        layers: by name, calibrated, on the device.
        rho: of the pull.
        rounds, epochs: the pull lasts so many of so many epochs.
    """

    def __init__(self, layers: Mapping[str, QWeighted], *, rho: float, rounds: int, epochs: int) -> None:
        self.layers, self.rho, self.rounds, self.epochs = layers, rho, rounds, epochs
        self.levels: dict[str, Tensor] = {}
        self.gaps: dict[str, Tensor] = {}

    def begin(self, steps: int) -> None:
        super().begin(steps)
        self.epoch = steps // max(1, self.epochs)

    def before_step(self, step: int) -> None:
        pulls = step < self.rounds * self.epoch
        if pulls and not step:
            weights = {name: layer.weight.detach() for name, layer in self.layers.items()}
            self.levels = {n: projected(self.layers[n].weight_quantiser, weight) for n, weight in weights.items()}
            self.gaps = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        for layer in self.layers.values():
            layer.weight_quantiser.bypass = pulls

    def loss(self, images: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        loss = super().loss(images, logits, labels)
        return loss + self.pull() if self.levels else loss

    def pull(self) -> Tensor:
        """rho/2 sum ||W - Z + U||^2 over the layers."""
        apart = [layer.weight - self.levels[name] + self.gaps[name] for name, layer in self.layers.items()]
        return self.rho / 2 * torch.stack([values.square().sum() for values in apart]).sum()

    def after_step(self, step: int) -> None:
        if self.levels and not (step + 1) % self.epoch:
            self._end_round(last=step + 1 == self.rounds * self.epoch)

    def _end_round(self, *, last: bool) -> None:
        """Z = the levels of W + U, U += W - Z; in the last round W = its levels, and nothing pulls any more."""
        for name, layer in self.layers.items():
            weight = layer.weight.detach()
            if last:
                weight.copy_(INSIDE * projected(layer.weight_quantiser, weight))
            else:
                self.levels[name] = projected(layer.weight_quantiser, weight + self.gaps[name])
                self.gaps[name] += weight - self.levels[name]
        if last:
            self.levels, self.gaps = {}, {}

    def state(self) -> dict[str, Any]:
        return {"levels": self.levels, "gaps": self.gaps}

    def restore(self, state: Mapping[str, Any], done: int) -> None:
        device = {name: layer.weight.device for name, layer in self.layers.items()}
        self.levels, self.gaps = (
            {name: value.to(device[name]) for name, value in state[kept].items()} for kept in ("levels", "gaps")
        )


class Admm(QAT):
    """Quantisation-aware training by the alternating direction method of multipliers.

    In the first rounds, an epoch each, the weights W are float in the forward pass, and what is minimised is

        loss(W) + rho/2 sum ||W - Z + U||^2

    over the layers. Z begins as the levels of W, U as 0; after each round Z = the levels nearest to W + U, with a scale
    that is fitted to it, and U += W - Z. After the last round W = its levels, and the other epochs are QAT's.
    Activations are quantised all the time, and so are weights whose quantiser has no `project`, such as the 8 bits of
    the ends.

    Args:
        rho: of the pull.
        rounds: so many of the epochs; None is half, rounded down. Without any it is QAT.
        method, weight_bits, activation_bits: as `QuantisingTrainer`.
        others: as `QAT`.

    Raises:
        UnsupportedError: no weight quantiser has `project`.

    Source: Chang et al., Mix and Match: a novel FPGA-centric deep neural network quantization framework, HPCA 2021,
    section 4. Adam in the place of SGD; which filters of MSQ are SP2 stays as it was when training began.
    """

    name = "admm"

    def __init__(
        self,
        *arguments: Any,
        method: Any = "msq",
        weight_bits: int = 4,
        activation_bits: int = 4,
        rho: float = 1.0,
        rounds: int | None = None,
        **options: Any,
    ) -> None:
        if not 0.0 < rho < math.inf:
            raise ValueError(f"rho: {rho} is not a positive number")
        super().__init__(*arguments, method=method, weight_bits=weight_bits, activation_bits=activation_bits, **options)
        pulled_layers(self.qnet)
        self.rho, self.rounds = rho, self.schedule.epochs // 2 if rounds is None else rounds
        if not 0 <= self.rounds <= self.schedule.epochs:
            raise ValueError(f"rounds: {rounds} is not in 0..{self.schedule.epochs}, the epochs")

    def options(self) -> dict[str, Any]:
        return super().options() | {"rho": self.rho, "rounds": self.rounds}

    def coach(self, qnet: QNetwork) -> Puller:
        return Puller(pulled_layers(qnet), rho=self.rho, rounds=self.rounds, epochs=self.schedule.epochs)

    def fit(self) -> QNetwork:
        try:
            return super().fit()
        finally:  # a training that was broken off leaves no weights in float
            for layer in pulled_layers(self.qnet).values():
                layer.weight_quantiser.bypass = False
