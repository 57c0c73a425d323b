"""NetFuser: any traceable float model to a network of dual-path layers, under one of two schemes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from enum import Enum

import torch
from torch import Tensor, nn

from t2c.calibration import unquantised
from t2c.fusion.batchnorm import normalisation
from t2c.fusion.bits import OUTPUT_BITS, Bits, LayerBits
from t2c.fusion.ops import Add, AveragePool, Concat, MaxPool, Weighted
from t2c.fusion.plan import Layer, Plan, plan_of
from t2c.golden.errors import UnsupportedError
from t2c.layers.add import QAdd
from t2c.layers.base import QLayer
from t2c.layers.concat import concatenation
from t2c.layers.pooling import QAveragePool2d, QFlatten, QMaxPool2d
from t2c.layers.weighted import QConv2d, QLinear
from t2c.network import QNetwork, Wire
from t2c.quantisers.base import _QBase
from t2c.quantisers.minmax import MinMax

FUSION_TOLERANCE = 1e-3
"""How far, relative to the largest output, fusing may move the float32 result."""


class Scheme(Enum):
    """Where batch normalisation goes. PRE_FUSE: into the weights; CHANNEL_WISE: into the per-channel MulQuant."""

    PRE_FUSE = "pre_fuse"
    CHANNEL_WISE = "channel_wise"


class NetFuser:
    """Fuse a float model and give it quantisers.

    pre_fuse:     w = gamma* W is quantised; y = conv(x, w_dq) + beta*. Good at 8 bits.
    channel_wise: W is quantised as it is; y = gamma* conv(x, W_dq) + beta*. Good below 8 bits.

    Args:
        model: float model; it is copied, never changed. BatchNorm is used with its running statistics.
        scheme: None takes pre_fuse for 8-bit weights and channel_wise below.
        weight_bits, activation_bits: 2..8, every layer; the input tensor too is quantised to activation_bits.
        output_bits: bits of the network's output.
        first_last_bits: of the input tensor and of the weights of the first and the last layer; None for no exception.
        layer_bits: widths of single layers, by layer name; they win over all others.
        weight_quantiser, activation_quantiser: classes (or factories) with the arguments of `_QBase`.
        per_channel: one weight scale per output channel instead of one per tensor.
        symmetric_activations: signed activations with zero point 0; False gives them a free zero point. Activations
            that are never negative, after a ReLU say, are unsigned with zero point 0 either way.

    Source: Torch2Chip (MLSys 2024) Eq. 7-15.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        scheme: Scheme | str | None = None,
        weight_bits: int = 8,
        activation_bits: int = 8,
        output_bits: int = OUTPUT_BITS,
        first_last_bits: int | None = None,
        layer_bits: Mapping[str, LayerBits] | None = None,
        weight_quantiser: Callable[..., _QBase] = MinMax,
        activation_quantiser: Callable[..., _QBase] = MinMax,
        per_channel: bool = True,
        symmetric_activations: bool = True,
    ) -> None:
        self.model = model
        default = Scheme.PRE_FUSE if weight_bits == 8 else Scheme.CHANNEL_WISE
        self.scheme = default if scheme is None else Scheme(scheme)
        self.bits = Bits(
            weight=weight_bits,
            activation=activation_bits,
            output=output_bits,
            first_last=first_last_bits,
            layers=dict(layer_bits or {}),
        )
        self.weight_quantiser = weight_quantiser
        self.activation_quantiser = activation_quantiser
        self.per_channel = per_channel
        self.symmetric_activations = symmetric_activations

    def fuse(self, example: Tensor) -> QNetwork:
        """Return the quantised network, on the CPU, not yet calibrated.

        Args:
            example: real (N, *shape), one legal input. It gives the shapes, and the network without rounding must give
            the model's result on it.

        Raises:
            UnsupportedError: something cannot be converted; the message names the fx node.
            RangeError: bits outside 2..8.
            LookupError: layer_bits names a layer that does not exist.
        """
        example = example.cpu()
        plan = plan_of(self.model, example)
        if plan.producer(plan.output_name) is None:
            raise UnsupportedError("the model computes nothing between input and output")
        self.bits.check(plan)
        made = [part for layer in plan.layers for part in self._layers(plan, layer)]
        input_quantiser = self.activation_quantiser(
            self.bits.of_activation(plan, plan.input_name), signed=False, symmetric=False, name=plan.input_name
        )
        net = QNetwork(
            [wire for wire, _ in made],
            [layer for _, layer in made],
            plan.input_name,
            plan.output_name,
            input_quantiser=input_quantiser,
            input_shape=plan.input_shape,
        )
        self._check_function(net, example)
        return net

    def _check_function(self, net: QNetwork, example: Tensor) -> None:
        """Refuse a network that, without rounding, is not the model: tracing can miss an aliased in-place change."""
        with torch.no_grad(), unquantised(net):
            wanted, got = copy.deepcopy(self.model).cpu().eval()(example), net(example)
        if bool(torch.isfinite(wanted).all()) and wanted.numel():  # what is not finite, calibration names
            gap = float((got - wanted).abs().max())
            if gap > FUSION_TOLERANCE * max(1.0, float(wanted.abs().max())):
                raise UnsupportedError(
                    f"the fused network differs from the model by {gap:.3g} on the example; "
                    "does the model change a tensor in place and use it again?"
                )

    def _layers(self, plan: Plan, layer: Layer) -> list[tuple[Wire, QLayer]]:
        """The dual-path layers of one planned layer: one, or several for a concatenation."""
        if not isinstance(layer.op, Concat):
            return [(Wire(name=layer.name, inputs=layer.inputs), self._layer(plan, layer))]
        output = self._output_quantiser(plan, layer)
        return concatenation(layer.name, layer.inputs, layer.input_shapes, output, ceiling=layer.ceiling)

    def _output_quantiser(self, plan: Plan, layer: Layer) -> _QBase:
        return self.activation_quantiser(
            self.bits.of_activation(plan, layer.name),
            signed=not layer.non_negative,
            symmetric=self.symmetric_activations and not layer.non_negative,
            name=f"{layer.name}.output",
        )

    def _layer(self, plan: Plan, layer: Layer) -> QLayer:
        op = layer.op
        if isinstance(op, MaxPool):
            return QMaxPool2d(op.kernel, op.stride, op.padding, op.dilation)
        if layer.passing:
            return QFlatten()
        output = self._output_quantiser(plan, layer)
        if isinstance(op, Weighted):
            return self._weighted(op, layer, output, self.bits.of_weight(plan, layer.name))
        if isinstance(op, Add):
            return QAdd(output, ceiling=layer.ceiling)
        assert isinstance(op, AveragePool)
        kernel = op.kernel or _pair(layer.input_shapes[0][1:])
        return QAveragePool2d(kernel, op.stride or kernel, op.padding, output, ceiling=layer.ceiling)

    def _weighted(self, op: Weighted, layer: Layer, output: _QBase, bits: int) -> QLayer:
        gamma, beta = normalisation(op.module, layer.batch_norm)
        weight = op.module.weight.detach().clone()
        column = (-1,) + (1,) * (weight.ndim - 1)
        if gamma is not None and self.scheme is Scheme.PRE_FUSE:
            weight, gamma = weight * gamma.reshape(column), None
        scale_shape = (weight.shape[0], *column[1:]) if self.per_channel else ()
        quantiser = self.weight_quantiser(bits, scale_shape=scale_shape, name=f"{layer.name}.weight")
        if isinstance(op.module, nn.Linear):
            return QLinear(weight, quantiser, output, gamma=gamma, beta=beta, ceiling=layer.ceiling)
        conv = op.module
        padding = conv.padding
        if isinstance(padding, str):
            same = tuple(d * (k - 1) // 2 for d, k in zip(conv.dilation, conv.kernel_size, strict=True))
            padding = same if padding == "same" else (0, 0)
        return QConv2d(
            weight,
            quantiser,
            output,
            gamma=gamma,
            beta=beta,
            ceiling=layer.ceiling,
            stride=_pair(conv.stride),
            padding=_pair(padding),
            dilation=_pair(conv.dilation),
            groups=conv.groups,
        )


def _pair(values: tuple[int, ...]) -> tuple[int, int]:
    height, width = values
    return height, width
