"""Which layers of a float model share their channels: what has to go together when a channel goes."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from t2c.fusion.agreement import check_images
from t2c.fusion.guards import inference_copy
from t2c.fusion.layer import Layer
from t2c.fusion.ops import Add, AveragePool, Flatten, MaxPool, Weighted
from t2c.fusion.plan import plan_of
from t2c.fusion.trace import trace


@dataclass(kw_only=True)
class ChannelSpace:
    """Tensors that have the same channels, such as those of a residual stage.

    channels: how many; makers: modules whose output channels they are; norms: BatchNorm modules on them; readers:
    modules whose input channels they are (a linear layer behind a flatten has several inputs for each); pinned: why no
    channel may go, empty if any may.
    """

    channels: int
    makers: list[str] = field(default_factory=list)
    norms: list[str] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    pinned: str = ""

    def join(self, other: ChannelSpace) -> None:
        """Take over all that another one has."""
        self.makers += other.makers
        self.norms += other.norms
        self.readers += other.readers
        self.pinned = self.pinned or other.pinned


def channel_spaces(model: nn.Module, examples: Tensor) -> list[ChannelSpace]:
    """The spaces of a float model, in the order in which they are made; that of the input first.

    Args:
        model: float; it is copied.
        examples: real (N, *shape).

    A space is pinned where the model's input or output is in it, where anything but a convolution, a linear layer,
    BatchNorm, ReLU, a residual add, pooling or a flatten reads or makes it, at a grouped convolution that is not
    depthwise, and at a BatchNorm without weights of its own.

    Raises:
        UnsupportedError, ShapeError: as `NetFuser.fuse`.
    """
    images = check_images(examples.detach().cpu())
    traced = trace(inference_copy(model), images, examples.shape)
    walk = _Walk({id(module): name for name, module in traced.named_modules()})
    plan = plan_of(traced)
    walk.make(plan.input_name, plan.input_shape[0], "it is the input's")
    for layer in plan.layers:
        walk.layer(layer)
    walk.of[plan.output_name].pinned = "they are the outputs"
    return list({id(space): space for space in walk.of.values()}.values())


class _Walk:
    """Goes through the layers of a plan; `of`: the space of each tensor."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names
        self.of: dict[str, ChannelSpace] = {}

    def make(self, tensor: str, channels: int, pinned: str = "") -> ChannelSpace:
        self.of[tensor] = ChannelSpace(channels=channels, pinned=pinned)
        return self.of[tensor]

    def layer(self, layer: Layer) -> None:
        sources = [self.of[name] for name in layer.inputs]
        if isinstance(layer.op, Weighted) and id(layer.op.module) in self.names and layer.gain is None:
            self._weighted(layer, layer.op.module, sources[0])
        elif isinstance(layer.op, (MaxPool, AveragePool, Flatten)):
            self.of[layer.name] = sources[0]
        elif isinstance(layer.op, Add) and len({shape[0] for shape in layer.input_shapes}) == 1:
            self.of[layer.name] = self._merged(*sources)
        else:
            for source in sources:
                source.pinned = source.pinned or f"layer {layer.name!r} reads them"
            self.make(layer.name, 0, f"layer {layer.name!r} makes them")

    def _weighted(self, layer: Layer, module: nn.Conv2d | nn.Linear, source: ChannelSpace) -> None:
        name, outputs = self.names[id(module)], module.weight.shape[0]
        groups = module.groups if isinstance(module, nn.Conv2d) else 1
        tokens = isinstance(module, nn.Linear) and len(layer.input_shapes[0]) != 1
        if groups == 1 and not tokens:
            source.readers.append(name)
            space = self.make(layer.name, outputs)
        elif groups == outputs == source.channels:
            space = self.of[layer.name] = source
        else:
            source.pinned = source.pinned or f"layer {layer.name!r} reads them in groups"
            space = self.make(layer.name, outputs, f"layer {layer.name!r} makes them in groups")
        space.makers.append(name)
        norm = layer.batch_norm
        if norm is not None and norm.weight is not None and id(norm) in self.names:
            space.norms.append(self.names[id(norm)])
        elif norm is not None:
            space.pinned = space.pinned or f"the BatchNorm of {layer.name!r} has no weights of its own"

    def _merged(self, first: ChannelSpace, *others: ChannelSpace) -> ChannelSpace:
        for other in others:
            if other is not first:
                first.join(other)
                self.of = {name: first if space is other else space for name, space in self.of.items()}
        return first
