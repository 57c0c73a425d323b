"""A whole layer of TOSA, CONV2D or DEPTHWISE_CONV2D, RESCALE per channel, CLAMP, beside a package of one node.

TOSA adds a bias before the multiplier: golden's B is bias·M.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from oracle import draw
from oracle.check import Index
from oracle.draw import between
from oracle.layers import ConvLayer, conv_layer
from oracle.tosa.case import Ints, channels_last
from oracle.tosa.drawn import Drawn, fitting_shift, output_format, zero_point
from oracle.tosa.graph import TosaGraph
from t2c.golden.arithmetic import conv
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import LIMITS, Window, four_sides
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d

WIDTHS = Widths(acc=32, scale=32, bias=64)


def layer_of(rng: np.random.Generator) -> ConvLayer:
    """Draw a convolution that TOSA has: of one group, or of as many as channels, and without a rest."""
    while True:
        layer = conv_layer(rng, x=(-128, 127))
        if layer.groups == 1 or layer.w.shape[1] == 1:
            padding = without_rest(layer.window, layer.x.shape[2:])
            if max(padding) <= LIMITS["padding"][1]:
                return replace(layer, window=replace(layer.window, padding=padding))


def without_rest(window: Window, image: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Padding with so much more below and to the right that the stride divides what the window moves over."""
    top, bottom, left, right = four_sides(window.padding)
    more = []
    for axis, extent in enumerate(image):
        span = extent + sum(window.pads[axis]) - window.dilation[axis] * (window.kernel[axis] - 1) - 1
        more.append(-span % window.stride[axis])
    return top, bottom + more[0], left, right + more[1]


def convolution(graph: TosaGraph, layer: ConvLayer, bias: Ints, shape: tuple[int, ...]) -> str:
    """Add the convolution of a layer to a graph; shape: (N, OH, OW, O)."""
    outputs, _, high, wide = layer.w.shape
    name, weights = "Conv2d", layer.w.transpose(0, 2, 3, 1)
    if layer.groups > 1:
        name = "DepthwiseConv2d"
        weights = layer.w.reshape(layer.groups, outputs // layer.groups, high, wide).transpose(2, 3, 0, 1)
    inputs = [graph.input(channels_last(layer.x), "INT8"), graph.constant(weights, "INT8")]
    inputs += [graph.constant(bias, "INT32"), graph.constant([layer.zero_point], "INT8"), graph.constant([0], "INT8")]
    window = layer.window
    geometry = [list(four_sides(window.padding)), list(window.stride), list(window.dilation), False, "INT32"]
    operator = "CONV2D" if layer.groups == 1 else "DEPTHWISE_CONV2D"
    return graph.step(operator, inputs, "INT32", *geometry, attribute=f"{name}Attribute", shape=shape)


def clamp(graph: TosaGraph, x: str, fmt: IntFormat, lo: int, hi: int) -> str:
    """CLAMP; its bounds are bytes."""
    bounds = [list(np.array([bound], f"<i{fmt.bits // 8}").tobytes()) for bound in (lo, hi)]
    return graph.step("CLAMP", [x], f"INT{fmt.bits}", *bounds, "PROPAGATE", attribute="ClampAttribute")


def constants_of(rng: np.random.Generator, layer: ConvLayer, bits: int) -> tuple[list[int], list[int], Ints]:
    """Draw multiplier, shift and bias of each channel for results of so many bits.

    A third of the multipliers are powers of two, 2^k, for which the bias makes a tie of the first pixel: its sum is a
    half more than a multiple of 2^(S-k).
    """
    outputs, most = layer.w.shape[0], layer.peak
    acc = conv.conv2d(layer.x, layer.w, window=layer.window, groups=layer.groups, zero_point=layer.zero_point)
    multiplier, shift, bias = [], [], draw.integers(rng, -most, most, outputs)
    for output in range(outputs):
        power = between(rng, 20, 30)
        is_power = rng.random() < 0.3
        multiplier.append(1 << power if is_power else between(rng, 1 << 20, (1 << 31) - 1))
        shift.append(fitting_shift(rng, 4 * most, multiplier[-1], bits))
        places = shift[-1] - power
        if is_power and places > 0:
            quotient = between(rng, -(most >> places + 1), most >> places + 1)
            bias[output] = (quotient << places) + (1 << places - 1) - int(acc[0, output, 0, 0])
    return multiplier, shift, bias


def drawn_layer(rng: np.random.Generator) -> Drawn:
    """Draw a layer, its constants and its input."""
    layer = layer_of(rng)
    outputs = layer.w.shape[0]
    size = layer.window.output_size(*layer.x.shape[2:])
    target, double = output_format(rng), bool(rng.integers(2))
    source = TensorSpec(name="x", shape=layer.x.shape[1:], bits=8, signed=True, zero_point=layer.zero_point)
    multiplier, shift, bias = constants_of(rng, layer, target.bits)
    end = zero_point(rng, target)
    lo, hi = (end, target.hi) if rng.integers(2) else (target.lo, target.hi)
    graph, kind = TosaGraph(), f"INT{target.bits}"
    acc = convolution(graph, layer, bias, (layer.x.shape[0], *size, outputs))
    scaled = graph.rescale(acc, "INT32", kind, multiplier=multiplier, shift=shift, zero_points=(0, end), double=double)
    clamp(graph, scaled, target, lo, hi)
    constants = MulQuant(
        multiplier=np.array(multiplier),
        bias=bias * np.array(multiplier),
        shift=np.array(shift),
        rounding=Rounding.DOUBLE if double else Rounding.HALF_UP,
        zero_point=end,
        lo=lo,
        hi=hi,
        widths=WIDTHS,
    )
    window: dict[str, Any] = {name: getattr(layer.window, name) for name in ("stride", "padding", "dilation")}
    node = Conv2d(
        name="layer",
        inputs=("x",),
        output="y",
        weight=layer.w,
        weight_bits=8,
        groups=layer.groups,
        mulquant=constants,
        **window,
    )
    result = TensorSpec(name="y", shape=(outputs, *size), bits=target.bits, signed=True, zero_point=end)

    def golden() -> Ints:
        net = Graph(name="net", widths=WIDTHS, edges={"x": source, "y": result}, nodes=(node,), input="x", output="y")
        return channels_last(net.run(layer.x)["y"])

    def explain(index: Index) -> dict[str, Any]:
        n, y, x, o = index
        numbers = {"bias": bias[o], "M": multiplier[o], "S": shift[o], "zp_out": end, "lo": lo, "hi": hi}
        return layer.inputs((n, o, y, x)) | numbers | {"double": double}

    return Drawn(graph=graph, golden=golden, explain=explain)
