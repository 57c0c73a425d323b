"""PROFIT: narrow activations, then weights, step by step under live BatchNorm, and freeze what is least stable."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2c.calibration import quantisers_of
from t2c.fusion import norms_of
from t2c.fusion.batchnorm import demand_norms
from t2c.golden.errors import UnsupportedError
from t2c.layers.weighted import QWeighted
from t2c.network import QNetwork
from t2c.quantisers.base import _QBase
from t2c.trainers.aiwq import activation_instability, quantised_weights, weighted
from t2c.trainers.coach import Coach
from t2c.trainers.phases import Phase, phases_of, starts
from t2c.trainers.qat import QAT
from t2c.trainers.statistics import estimate_norms

WARM_UP, FIRST, LAST = 0.1, 0.1, 1e-3
"""Share of a phase in which the rate grows; the rate before that and at the end, relative to the peak."""

MEASURED = 8
"""Steps over which instability is summed."""

ON = 128
"""Training images that it is measured on."""


def set_widths(net: QNetwork, widths: Sequence[int], phase: Phase | None) -> None:
    """Give every quantiser the width of a phase, or its own if that is larger; None: its own.

    Args:
        widths: their own, in the order of `quantisers_of`.
    """
    weights = {id(layer.weight_quantiser) for layer in net.modules() if isinstance(layer, QWeighted)}
    for quantiser, own in zip(quantisers_of(net), widths, strict=True):
        bits = own
        if phase is not None:
            bits = max(own, phase.weight_bits if id(quantiser) in weights else phase.activation_bits)
        if bits != quantiser.format.bits:
            change = getattr(quantiser, "set_bits", None)
            if not callable(change):
                raise UnsupportedError(
                    f"{quantiser.name}: {type(quantiser).__name__} cannot change its width in training; "
                    "profit needs set_bits, which DuQ has"
                )
            change(bits)


class PhaseCoach(Coach):
    """Takes a network through phases: widths, frozen layers, the rate, the mean of the weights.

    Args:
        net: calibrated, on the device, with live BatchNorm.
        phases: of the training.
        widths: the widths that quantisers end at, by position in `quantisers_of`.
        images: training images, (N, *shape), that instability is measured on.
        ema: of the mean of the weights over the steps of a phase; 0 takes the weights themselves.
        teacher: a float network, and the share of the loss that is its answer; None for labels alone.
    """

    def __init__(
        self,
        net: QNetwork,
        phases: Sequence[Phase],
        widths: Sequence[int],
        images: Tensor,
        *,
        ema: float,
        teacher: tuple[nn.Module, float] | None,
    ) -> None:
        self.net, self.phases, self.widths, self.images = net, tuple(phases), tuple(widths), images
        self.ema, self.teacher = ema, teacher
        self.names = [name.removeprefix("layers.") for name in norms_of(net)]
        self.instability = dict.fromkeys(self.names, 0.0)
        self.fixed = {name for name, parameter in net.named_parameters() if not parameter.requires_grad}
        self.mean: dict[str, Tensor] = {}
        self._before: dict[str, Tensor] = {}

    def begin(self, steps: int) -> None:
        super().begin(steps)
        self.starts = starts(self.phases, steps)

    def phase(self, step: int) -> int:
        """The index of the phase that a step is in; of a step behind the last, the last one."""
        inside = [i for i in range(len(self.phases)) if self.starts[i] <= step < self.starts[i + 1]]
        return inside[0] if inside else len(self.phases) - 1

    def rate(self, step: int) -> float:
        """From FIRST to the peak in a share WARM_UP of the phase, then cosine to LAST."""
        index = self.phase(step)
        length = max(1, self.starts[index + 1] - self.starts[index])
        place = (step - self.starts[index] + 0.5) / length
        if place < WARM_UP:
            return FIRST + (1 - FIRST) * place / WARM_UP
        return LAST + (1 - LAST) * (1 + math.cos(math.pi * min(1.0, (place - WARM_UP) / (1 - WARM_UP)))) / 2

    def before_step(self, step: int) -> None:
        index = self.phase(step)
        if step == self.starts[index]:
            self.enter(index)
        if self._measures(step):
            self._before = quantised_weights(self.net, self.names)

    def after_step(self, step: int) -> None:
        if self._measures(step):
            images = self.images.to(next(self.net.parameters()).device)
            for name, moved in activation_instability(self.net, images, self._before).items():
                self.instability[name] += moved
            self._before = {}
        passed = step - self.starts[self.phase(step)]
        keep = min(self.ema, (1 + passed) / (10 + passed))
        with torch.no_grad():
            for name, parameter in self.net.named_parameters():
                if name in self.mean:
                    self.mean[name].lerp_(parameter, 1 - keep)

    def _measures(self, step: int) -> bool:
        """Whether a step is one of the last before anything is frozen."""
        first = next((i for i, phase in enumerate(self.phases) if phase.frozen), None)
        return first is not None and self.starts[first] - MEASURED <= step < self.starts[first]

    def enter(self, index: int) -> None:
        """Begin a phase."""
        self._set(index)
        self.mean = {name: p.detach().clone() for name, p in self.net.named_parameters() if p.requires_grad}

    def _set(self, index: int) -> None:
        phase = self.phases[index]
        set_widths(self.net, self.widths, phase)
        order = sorted(self.names, key=lambda name: -self.instability[name])
        frozen = set(order[: round(phase.frozen * len(order))])
        for name in self.names:
            layer = weighted(self.net, name)
            for parameter in (layer.weight, *layer.weight_quantiser.parameters()):
                parameter.requires_grad_(name not in frozen)

    def loss(self, images: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        loss = F.cross_entropy(logits, labels)
        if self.teacher is None:
            return loss
        model, share = self.teacher
        with torch.no_grad():
            wanted = model(images).softmax(1)
        return (1 - share) * loss + share * F.cross_entropy(logits, wanted)

    def finish(self) -> None:
        """Take the mean of the weights, and the widths at the end; all that was trained at first may be again."""
        with torch.no_grad():
            for name, parameter in self.net.named_parameters():
                if name in self.mean and self.ema:
                    parameter.copy_(self.mean[name])
                parameter.requires_grad_(name not in self.fixed)
        set_widths(self.net, self.widths, None)

    def state(self) -> dict[str, Any]:
        return {"mean": self.mean, "instability": dict(self.instability)}

    def restore(self, state: Mapping[str, Any], done: int) -> None:
        self.instability = dict(state["instability"])
        device = next(self.net.parameters()).device
        self.mean = {name: mean.to(device) for name, mean in state["mean"].items()}
        if done:
            self._set(self.phase(done - 1))


class Profit(QAT):
    """Progressive quantisation-aware training under live BatchNorm.

    Activations go from 8 bits to their width in phases, then weights; at the end everything is trained, then all but
    the third of the convolutions whose outputs move most with their quantised weights (`aiwq`), then all but two
    thirds. Each phase has a rate of its own that grows and falls, and a running mean of the weights, which the last
    one ends with. BatchNorm takes the statistics of each batch all the time, and is fused at the end.

    Args:
        epochs: of the whole training; the phases share its steps.
        rate: peak of each phase; live BatchNorm bears more than `QAT`'s, and 2 bits need it.
        step_rate: as `QAT`; the paper's quantisers learn at a hundredth of the rate of the weights.
        decay: weight decay of the weights alone.
        phases: instead of `phases_of` the method's widths.
        ema: the running mean keeps so much of itself a step; 0 for none.
        distill: share of the loss that is the float model's answer in the place of the labels; None is a half, and
            nothing of a QNetwork, which has no float model.
        others: as `QAT`.

    Raises:
        UnsupportedError: a network without BatchNorm, or with quantisers that cannot change their width.

    Source: Park, Yoo, PROFIT: A Novel Training Method for sub-4-bit MobileNet Models, ECCV 2020. Adam in the place of
    SGD, steps in the place of epochs.
    """

    name = "profit"

    def __init__(
        self,
        *arguments: Any,
        method: Any = "profit",
        phases: Sequence[Phase] | None = None,
        ema: float = 0.99,
        distill: float | None = None,
        rate: float = 2e-3,
        decay: float = 4e-5,
        step_rate: float = 1e-2,
        **options: Any,
    ) -> None:
        if not 0.0 <= ema < 1.0:
            raise ValueError(f"ema: {ema} is not in 0..1")
        given = isinstance(arguments[0], QNetwork)
        if distill is None:
            distill = 0.0 if given else 0.5
        if not 0.0 <= distill <= 1.0:
            raise ValueError(f"distill: {distill} is not in 0..1")
        live = not given and options.get("fuser") is None
        mine: dict[str, Any] = {"rate": rate, "decay": decay, "step_rate": step_rate, "match": False, "live_bn": live}
        super().__init__(*arguments, method=method, **mine, **options)
        demand_norms(self.qnet)
        if given and distill:
            raise ValueError("distill: the model given is quantised already; there is no float one to ask")
        self.ema, self.distill = ema, distill
        self.widths = [quantiser.format.bits for quantiser in quantisers_of(self.qnet)]
        self.phases = tuple(phases) if phases is not None else phases_of(*self._ends())
        if not self.phases:
            raise ValueError("phases: there are none")
        for phase in self.phases:
            set_widths(self.qnet, self.widths, phase)
        set_widths(self.qnet, self.widths, self.phases[0])

    def _ends(self) -> tuple[int, int]:
        """The fewest bits of weights and of activations."""
        weights = [layer.weight_quantiser for layer in self.qnet.layers.values() if isinstance(layer, QWeighted)]
        others: list[_QBase] = [q for q in quantisers_of(self.qnet) if not any(q is w for w in weights)]
        return min(q.format.bits for q in weights), min(q.format.bits for q in others)

    def options(self) -> dict[str, Any]:
        phases = [list(asdict(phase).values()) for phase in self.phases]
        return super().options() | {"phases": phases, "ema": self.ema, "distill": self.distill}

    def groups(self, qnet: QNetwork) -> list[dict[str, Any]]:
        first, *learned = super().groups(qnet)
        vectors = [parameter for parameter in first["params"] if parameter.ndim < 2]
        matrices = [parameter for parameter in first["params"] if parameter.ndim > 1]
        return [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}, *learned]

    def coach(self, qnet: QNetwork) -> PhaseCoach:
        teacher = None
        if self.distill:
            teacher = (copy.deepcopy(self.model).to(self.device).eval(), self.distill)
        return PhaseCoach(
            qnet,
            self.phases,
            self.widths,
            self.seen.head(ON).images,
            ema=self.ema,
            teacher=teacher,
        )

    def finished(self, qnet: QNetwork) -> QNetwork:
        estimate_norms(qnet, self.seen.images, self.schedule.batch)
        return super().finished(qnet)
