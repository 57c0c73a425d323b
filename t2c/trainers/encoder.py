"""A classifier as an encoder: its last linear layer found, replaced, and the encoder slimmed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from t2c.golden.errors import RangeError, UnsupportedError


def classifier_of(model: nn.Module, images: Tensor) -> str:
    """The name of the linear layer that makes the logits; what stands before it is the encoder.

    Args:
        model: float; it runs once on the first of the images, in eval mode, and is left as it was.
        images: real (N, *shape).

    Raises:
        UnsupportedError: the output of the model is not that of a linear layer.
    """
    modes = {module: module.training for module in model.modules()}
    made: list[tuple[str, Any]] = []

    def keep(name: str) -> Any:
        return lambda module, inputs, output: made.append((name, output))

    hooks = [
        module.register_forward_hook(keep(name)) for name, module in model.named_modules() if type(module) is nn.Linear
    ]
    try:
        with torch.no_grad():
            logits = model.eval()(images[:1])
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    found = [name for name, output in made if output is logits and name]
    if not found:
        raise UnsupportedError(
            f"{type(model).__name__} does not end in a linear layer: there is no place for a projector or a classifier"
        )
    return found[-1]


def linear_at(model: nn.Module, name: str) -> nn.Linear:
    """The linear layer of that name."""
    layer = model.get_submodule(name)
    assert isinstance(layer, nn.Linear)
    return layer


def projector(features: int, widths: Sequence[int]) -> nn.Sequential:
    """Linear layers of those widths, BatchNorm and ReLU between them: the embedding of a view from its features.

    Args:
        features: inputs.
        widths: outputs of each layer; the last is the number D of an embedding's values.

    Raises:
        RangeError: no widths, or one below 1.

    Source: Zbontar et al., Barlow Twins, ICML 2021, section 2.2 (three layers of 8192).
    """
    if not widths:
        raise RangeError("projector: it has no layers, and a loss without labels is of its output, not the encoder's")
    layers: list[nn.Module] = []
    for index, width in enumerate(widths):
        if width < 1:
            raise RangeError(f"projector: {width} is less than 1")
        layers.append(nn.Linear(features, width, bias=False))
        if index + 1 < len(widths):
            layers += [nn.BatchNorm1d(width), nn.ReLU()]
        features = width
    return nn.Sequential(*layers)


@contextmanager
def in_place_of(model: nn.Module, name: str, other: nn.Module) -> Iterator[None]:
    """Inside, another module stands at that place of a model."""
    own = model.get_submodule(name)
    model.set_submodule(name, other)
    try:
        yield
    finally:
        model.set_submodule(name, own)


class SlimmedEncoder:
    """The second encoder: of each layer of the first, the weights of largest magnitude; the others count as 0.

    It has no weights of its own. Which ones it has follows the first encoder at every call, its gradient goes to them,
    and the running statistics of BatchNorm stay the first encoder's.

    Args:
        model: with a projector at `head`, which both encoders share whole.
        head: name of that.
        kept: fraction of each convolution's and linear layer's weights, above 0, up to 1.

    Raises:
        RangeError: a fraction outside its range.

    Source: the idea, Meng et al., NeurIPS 2023; that magnitude chooses is from memory, which layer by layer is ours.
    """

    def __init__(self, model: nn.Module, head: str, kept: float) -> None:
        if not 0.0 < kept <= 1.0:
            raise RangeError(f"slim: {kept} is not in 0..1, 0 excluded")
        self.model, self.kept = model, kept
        layers = [name for name, module in model.named_modules() if isinstance(module, (nn.Conv2d, nn.Linear))]
        self.names = [f"{name}.weight" for name in layers if not f"{name}.".startswith(f"{head}.")]

    def masks(self) -> dict[str, Tensor]:
        """Bool by the weights' names: what the slimmed encoder has now; of those as large as the smallest, all."""
        found = {}
        for name in self.names:
            size = self.model.get_parameter(name).detach().abs()
            count = max(1, round(self.kept * size.numel()))
            found[name] = size >= size.flatten().kthvalue(size.numel() - count + 1).values
        return found

    def __call__(self, images: Tensor) -> Tensor:
        """The embeddings (N, D) of images (N, *shape)."""
        weights = {name: self.model.get_parameter(name) * mask for name, mask in self.masks().items()}
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        embeddings: Tensor = functional_call(self.model, weights | buffers, (images,))
        return embeddings
