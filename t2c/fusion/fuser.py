"""NetFuser: any traceable float model to a network of dual-path layers, under one of two schemes."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping
from enum import Enum

import torch
from torch import Tensor, fx, nn

from t2c.functions import Tables
from t2c.fusion import reference_tokens  # noqa: F401  registers what transformers have
from t2c.fusion.agreement import check_images, demand_agreement, demand_same_parameters
from t2c.fusion.batchnorm import demand_norms, live_norm, normalisation
from t2c.fusion.bits import OUTPUT_BITS, Bits, LayerBits
from t2c.fusion.guards import inference_copy
from t2c.fusion.layer import Layer, Plan
from t2c.fusion.ops import Add, AveragePool, Concat, Weighted, pair
from t2c.fusion.plan import plan_of
from t2c.fusion.reference import prove_nodes
from t2c.fusion.tied_rows import share_rows
from t2c.fusion.token_layers import moving_layer, token_layer
from t2c.fusion.token_ops import RowSoftmax, Tabulated
from t2c.fusion.trace import plainly, renew_constants, trace
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.elements.columns import find_element
from t2c.golden.elements.element import Element
from t2c.golden.errors import ShapeError, UnsupportedError
from t2c.layers.add import QAdd
from t2c.layers.base import QLayer
from t2c.layers.concat import concatenation
from t2c.layers.pooling import QAveragePool2d
from t2c.layers.weighted import QConv2d, QLinear, QWeighted
from t2c.network import QNetwork, Wire
from t2c.quantisers.base import _QBase
from t2c.quantisers.fixed import FixedStep
from t2c.quantisers.minmax import MinMax

Quantisers = dict[str, Callable[[], _QBase]]
"""The quantiser of each tensor, by name; that of the input is made last, or when it is first asked for."""


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
        residual_bits: 2..16, of the residual stream of a transformer: sums that only sums and LayerNorms read; None for
            as many as activation_bits. Above 8 bits golden and the exports hold it, the core does not.
        first_last_bits: of the input tensor and of the weights of the first and the last layer; None for no exception.
        layer_bits: widths of single layers, by layer name; they win over all others.
        weight_quantiser, activation_quantiser: classes (or factories) with the arguments of `_QBase`.
        per_channel: one weight scale per output channel instead of one per tensor.
        symmetric_activations: signed activations with zero point 0; False gives them a free zero point. Activations
            that are never negative, after a ReLU say, are unsigned with zero point 0 either way.
        unsigned_activations: False gives signed integers to tensors that are never negative, too.
        rounding: mode in which the outputs of layers are rounded, on both paths.
        tables: what tables of functions and of softmax hold, if something else than the functions themselves.
        live_bn: leave BatchNorm as it is behind the accumulator, to be trained; the scheme is channel_wise, and
            `fuse_norms` fuses it afterwards, which the trainers and the conversion do by themselves.
        element: of the array on which convolutions and linear layers are computed, its name or an object of yours; the
            training path has its error too, so that training can make up for it. None: products are exact.

    Raises:
        UnsupportedError: live_bn with pre_fuse; or there is no such element.

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
        residual_bits: int | None = None,
        first_last_bits: int | None = None,
        layer_bits: Mapping[str, LayerBits] | None = None,
        weight_quantiser: Callable[..., _QBase] = MinMax,
        activation_quantiser: Callable[..., _QBase] = MinMax,
        per_channel: bool = True,
        symmetric_activations: bool = True,
        unsigned_activations: bool = True,
        rounding: Rounding | str = Rounding.HALF_UP,
        tables: Tables | None = None,
        live_bn: bool = False,
        element: str | Element | None = None,
    ) -> None:
        self.model = model
        default = Scheme.PRE_FUSE if weight_bits == 8 and not live_bn else Scheme.CHANNEL_WISE
        self.scheme = default if scheme is None else Scheme(scheme)
        self.live_bn = live_bn
        if live_bn and self.scheme is Scheme.PRE_FUSE:
            raise UnsupportedError("live_bn: the scheme pre_fuse has BatchNorm in the weights; take channel_wise")
        self.bits = Bits(
            weight=weight_bits,
            activation=activation_bits,
            output=output_bits,
            residual=residual_bits,
            first_last=first_last_bits,
            layers=dict(layer_bits or {}),
        )
        self.weight_quantiser = weight_quantiser
        self.activation_quantiser = activation_quantiser
        self.per_channel = per_channel
        self.symmetric_activations = symmetric_activations
        self.unsigned_activations = unsigned_activations
        self.rounding = Rounding.parse(rounding)
        self.tables = tables or Tables()
        self.element = find_element(element) if isinstance(element, str) else element

    def fuse(self, examples: Tensor) -> QNetwork:
        """Return the quantised network, on the CPU, not yet calibrated.

        Before that, three things are proven: the trace runs every operator that the model runs; every traced node
        computes the operation that it is taken for; and the fused network, without rounding, gives every tensor of the
        model (docs/t2c.md, "What is converted, and what is refused").

        Args:
            examples: real (N, *shape), legal inputs, the more the better. Some of them, and random images around their
                range, are what the proofs look at.

        Raises:
            UnsupportedError: something cannot be converted; the message names the fx node or the module.
            ShapeError: the model does not run on the examples.
            RangeError: bits outside 2..8.
            LookupError: layer_bits names a layer that does not exist.
        """
        if not isinstance(examples, Tensor) or examples.ndim < 2 or not examples.numel():
            raise ShapeError("fuse: examples are not a torch tensor (N >= 1, ...)")
        images = check_images(examples.detach().cpu().as_subclass(Tensor))
        traced = trace(inference_copy(self.model), images, examples.shape)
        plan = plan_of(traced)
        if plan.producer(plan.output_name) is None:
            raise UnsupportedError("the model computes nothing between input and output")
        self.bits.check(plan)
        self.tables.check({layer.name: layer.op.function for layer in plan.layers if isinstance(layer.op, Tabulated)})
        net = self._network(plan)
        share_rows(net)
        if self.live_bn:
            demand_norms(net)
        net.round_in(self.rounding)
        self._check_function(net, traced, images)
        return net

    def _network(self, plan: Plan) -> QNetwork:
        @functools.cache
        def of_input() -> _QBase:
            bits = self.bits.of_activation(plan, plan.input_name)
            signed = not self.unsigned_activations
            return self.activation_quantiser(bits, signed=signed, symmetric=signed, name=plan.input_name)

        quantisers: Quantisers = {plan.input_name: of_input}
        made: list[tuple[Wire, QLayer]] = []
        for layer in plan.layers:
            made += self._layers(plan, layer, quantisers)
        return QNetwork(
            [wire for wire, _ in made],
            [layer for _, layer in made],
            plan.input_name,
            plan.output_name,
            input_quantiser=of_input(),
            input_shape=plan.input_shape,
        )

    def _check_function(self, net: QNetwork, traced: fx.GraphModule, images: Tensor) -> None:
        """Refuse a network that, without rounding, is not the model: fused once more, in float64, and compared."""
        exact = copy.deepcopy(traced).double()
        plain = copy.copy(self)
        plain.weight_quantiser = plain.activation_quantiser = MinMax
        plain.element = None
        with plainly():
            renew_constants(exact, images.double())
            prove_nodes(exact, images[-1:].double())
            plan = plan_of(exact)
            fused = plain._network(plan).double().eval()
            demand_agreement(fused, exact, plan, images.double())
        demand_same_parameters(net, fused)

    def _layers(self, plan: Plan, layer: Layer, quantisers: Quantisers) -> list[tuple[Wire, QLayer]]:
        """The dual-path layers of one planned layer: one, or several for a concatenation.

        quantisers: of the tensors before it, by name; its own is noted.
        """
        if layer.passing:
            quantisers[layer.name] = quantisers[layer.inputs[0]]
            return [(Wire(name=layer.name, inputs=layer.inputs), moving_layer(layer, quantisers[layer.name]))]
        output = self._output_quantiser(plan, layer)
        quantisers[layer.name] = lambda: output
        if isinstance(layer.op, Concat):
            return concatenation(layer.name, layer.inputs, layer.input_shapes, output, ceiling=layer.ceiling)
        return [
            (Wire(name=layer.name, inputs=layer.inputs), self._layer(plan, layer, output, quantisers[layer.inputs[0]]))
        ]

    def _output_quantiser(self, plan: Plan, layer: Layer) -> _QBase:
        name = f"{layer.name}.output"
        if isinstance(layer.op, RowSoftmax):
            return FixedStep(self.bits.of_probabilities(layer.name), signed=False, name=name)
        return self.activation_quantiser(
            self.bits.of_activation(plan, layer.name),
            signed=not (layer.non_negative and self.unsigned_activations),
            symmetric=(self.symmetric_activations and not layer.non_negative) or not self.unsigned_activations,
            name=name,
        )

    def _layer(self, plan: Plan, layer: Layer, output: _QBase, source: Callable[[], _QBase]) -> QLayer:
        op = layer.op
        if isinstance(op, Weighted):
            made = self._weighted(op, layer, output, self.bits.of_weight(plan, layer.name))
            if self.element is not None:
                made.put_on(self.element, source())
            return made
        if isinstance(op, Add):
            return QAdd(output, ceiling=layer.ceiling)
        if isinstance(op, AveragePool):
            kernel = op.kernel or pair(layer.input_shapes[0][1:])
            return QAveragePool2d(kernel, op.stride or kernel, op.padding, output, ceiling=layer.ceiling)
        return token_layer(layer, output, self.tables)

    def _weighted(self, op: Weighted, layer: Layer, output: _QBase, bits: int) -> QWeighted:
        gamma, beta = normalisation(op.module, layer.batch_norm)
        if layer.gain is not None:
            gain = layer.gain.to(beta.dtype)
            gamma, beta = gain if gamma is None else gain * gamma, gain * beta
        weight = op.module.weight.detach().clone()
        linear = isinstance(op.module, nn.Linear)
        if linear and len(layer.input_shapes[0]) == 3:
            weight = weight[:, :, None, None]  # of tokens as a map
        column = (-1,) + (1,) * (weight.ndim - 1)
        if gamma is not None and self.scheme is Scheme.PRE_FUSE:
            weight, gamma = weight * gamma.reshape(column), None
        norm = None
        if self.live_bn and layer.batch_norm is not None:
            norm = live_norm(op.module, layer.batch_norm, layer.gain, weight.ndim)
            gamma, beta = None, torch.zeros_like(beta)
        scale_shape = (weight.shape[0], *column[1:]) if self.per_channel else ()
        quantiser = self.weight_quantiser(bits, scale_shape=scale_shape, name=f"{layer.name}.weight")
        if linear:
            kind = QLinear if weight.ndim == 2 else QConv2d
            return kind(weight, quantiser, output, gamma=gamma, beta=beta, ceiling=layer.ceiling, norm=norm)
        conv = op.module
        assert isinstance(conv, nn.Conv2d)
        return QConv2d(
            weight,
            quantiser,
            output,
            gamma=gamma,
            beta=beta,
            ceiling=layer.ceiling,
            stride=pair(conv.stride),
            padding=op.padding,
            dilation=pair(conv.dilation),
            groups=conv.groups,
            norm=norm,
        )
