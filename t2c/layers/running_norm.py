"""LayerNorm with running statistics: a module for float models, which the chip gets as one MulQuant per channel."""

from __future__ import annotations

import copy
from typing import Literal

import torch
from torch import Tensor, nn

Statistics = Literal["layer", "channel"]


class RunningNorm(nn.Module):
    """y = (x - m) / sqrt(v + eps) * weight + bias over (..., C), in place of nn.LayerNorm(C).

    In training m and v are the mean and variance of the batch, and the buffers follow them; in evaluation they are the
    buffers, so that nothing of a row has to be summed. `batches` counts what they have followed; at 0 fusion refuses.

    Args:
        channels: C.
        statistics: "layer" has one mean and variance for all elements, "channel" one for each channel.
        eps: added to the variance.
        momentum: by which the buffers follow a batch.

    Source: Torch2Chip (MLSys 2024), section 3.2.2, LayerNorm with pre-computed statistics; docs/arithmetic.md 8.2.
    """

    running_mean: Tensor
    running_var: Tensor
    batches: Tensor

    def __init__(
        self, channels: int, *, statistics: Statistics = "layer", eps: float = 1e-6, momentum: float = 0.1
    ) -> None:
        super().__init__()
        if statistics not in ("layer", "channel"):
            raise ValueError(f"statistics: {statistics!r} is neither layer nor channel")
        self.channels, self.statistics, self.eps, self.momentum = channels, statistics, eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        kept = channels if statistics == "channel" else 1
        self.register_buffer("running_mean", torch.zeros(kept))
        self.register_buffer("running_var", torch.ones(kept))
        self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        mean, var = self.running_mean, self.running_var
        if self.training:
            rows = x.reshape(-1, self.channels) if self.statistics == "channel" else x.reshape(-1, 1)
            mean, var = rows.mean(0), rows.var(0, correction=0)
            with torch.no_grad():
                self.running_mean.lerp_(mean.detach(), self.momentum)
                self.running_var.lerp_(var.detach(), self.momentum)
                self.batches.add_(1)
        return (x - mean) / torch.sqrt(var + self.eps) * self.weight + self.bias

    def extra_repr(self) -> str:
        return f"{self.channels}, statistics={self.statistics}, eps={self.eps}"


def with_running_norm(model: nn.Module, images: Tensor, *, statistics: Statistics = "layer") -> nn.Module:
    """Return a copy of a model whose LayerNorms have running statistics, those of the images; to be fine-tuned.

    Args:
        model: any; every nn.LayerNorm over one axis is replaced.
        images: real (N, *shape); the statistics are taken in one run in training mode.
        statistics: see `RunningNorm`.

    Raises:
        ValueError: there is no LayerNorm, or one over several axes; the message names it.
    """
    made = copy.deepcopy(model)
    replaced = []
    for name, module in list(made.named_modules()):
        for child, norm in list(module.named_children()):
            if type(norm) is not nn.LayerNorm:
                continue
            title = f"{name}.{child}" if name else child
            if len(norm.normalized_shape) != 1:
                raise ValueError(f"{title}: a LayerNorm over {len(norm.normalized_shape)} axes")
            running = RunningNorm(norm.normalized_shape[0], statistics=statistics, eps=norm.eps)
            with torch.no_grad():
                for mine, theirs in ((running.weight, norm.weight), (running.bias, norm.bias)):
                    if theirs is not None:
                        mine.copy_(theirs)
            setattr(module, child, running)
            replaced.append(running)
    if not replaced:
        raise ValueError("with_running_norm: the model has no nn.LayerNorm")
    momenta = [norm.momentum for norm in replaced]
    for norm in replaced:
        norm.train()
        norm.momentum = 1.0  # the buffers become the statistics of the one batch
    with torch.no_grad():
        made(images)
    for norm, momentum in zip(replaced, momenta, strict=True):
        norm.momentum = momentum
        norm.train(model.training)
    return made
