"""Stranger: QNNPACK, Facebook's kernels for quantised networks on phones, as torch ships them; quint8 activations.

linear, conv2d and average pooling requantise with a float32 scale, round half to even and add the zero point: golden's
MulQuant under the condition of oracle/float_scale.py. The bias goes in as a real number, bias·M·2^-S, a float32 since
|bias|·M ≤ 2^23. Torch multiplies it by 1 / (M·2^-S) in float32 and rounds to an integer: that is exact for M a power of
two, and for M ≥ 3 two relative errors of 2^-24 on |bias| ≤ 2^23 / 3 come to 1/3 at most, which rounds to bias.

The residual add is integer arithmetic throughout, with gemmlowp's RoundingDivideByPOT at the end, which rounds ties
away from zero: golden's residual add in the mode half_away. QNNPACK derives its own constants: with r the larger of
the two scales over that of the output, the shift is S = 21 - ⌊log2 r⌋ and each multiplier is its ratio times 2^S,
rounded to an integer. For ratios M·2^-S, the larger M in 2^21 .. 2^22 - 1, those are M_a, M_b and S again. The ratios
must be in 2^-14 .. 2^8. M has 23 bits, signed, so golden runs with a scale width of 23.

QNNPACK refuses 1 x 1 pooling. Max pooling with padding and dilation at once is wrong in it; dilation is left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from oracle import draw
from oracle.check import LAYER, Batch, Check, Index, elementwise
from oracle.draw import Ints, between
from oracle.float_scale import Requant, requant
from oracle.layers import PoolLayer, conv_layer, pool_layer, shallow_shape
from oracle.onnxruntime_requant import operand_range, rows, weight_range
from oracle.torch_integer import SETS, VERSION
from oracle.torch_quantise import integers, quantised
from t2c.golden.arithmetic import conv, linear, mulquant, pooling
from t2c.golden.arithmetic.mulquant import AddQuant, Widths
from t2c.golden.arithmetic.rounding import Rounding

ops = torch.ops.quantized
Batches = Callable[[np.random.Generator], Iterator[Batch]]


def on_qnnpack(batches: Batches) -> Batches:
    """Run with QNNPACK as torch's engine; the engine that was set before comes back at the end."""

    @wraps(batches)
    def run(rng: np.random.Generator) -> Iterator[Batch]:
        before = torch.backends.quantized.engine
        torch.backends.quantized.engine = "qnnpack"
        try:
            yield from batches(rng)
        finally:
            torch.backends.quantized.engine = before

    return run


def packed_weights(w: Ints, constants: Requant) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the weights as qint8 with one scale per output, and the bias as the real number it stands for."""
    scale = constants.scale.astype(np.float64)
    weights = torch._make_per_channel_quantized_tensor(
        torch.from_numpy(w.astype(np.int8)), torch.from_numpy(scale), torch.zeros(len(w), dtype=torch.long), 0
    )
    return weights, torch.from_numpy((constants.bias * scale).astype(np.float32))


def qlinear(rng: np.random.Generator) -> Iterator[Batch]:
    """linear and MulQuant, per output, with a bias."""
    while True:
        bounds = operand_range(rng)
        images, depth, outputs = shallow_shape(rng)
        x = draw.integers(rng, *bounds, (images, depth))
        w = draw.integers(rng, *weight_range(rng), (outputs, depth))
        zp = int(draw.integers(rng, *bounds, 1)[0])
        peak = int(np.abs(w).sum(axis=1).max()) * int(np.abs(x - zp).max())
        constants = requant(rng, max(peak, 1), outputs, bias=True)
        packed = ops.linear_prepack(*packed_weights(w, constants))
        q = ops.linear(quantised(x, 1.0, zp, np.uint8), packed, 1.0, constants.zero_point)
        golden = mulquant.mulquant(linear.linear(x, w, zero_point=zp), constants.golden)
        yield Batch(golden, integers(q), rows(x, w, zp, constants))


def qconv(rng: np.random.Generator) -> Iterator[Batch]:
    """conv2d and MulQuant, per output channel, with a bias and all geometry."""
    while True:
        layer = conv_layer(rng, x=operand_range(rng), w=weight_range(rng), small=True, symmetric=True)
        window = layer.window
        constants = requant(rng, max(layer.peak, 1), layer.w.shape[0], bias=True)
        packed = ops.conv2d_prepack(
            *packed_weights(layer.w, constants), window.stride, window.padding, window.dilation, layer.groups
        )
        q = ops.conv2d(quantised(layer.x, 1.0, layer.zero_point, np.uint8), packed, 1.0, constants.zero_point)
        acc = conv.conv2d(layer.x, layer.w, window=window, groups=layer.groups, zero_point=layer.zero_point)

        def explain(index: Index, layer: Any = layer, constants: Requant = constants) -> dict[str, Any]:
            return {**layer.inputs(index), **constants.inputs(index[1])}

        yield Batch(mulquant.mulquant(acc, constants.golden), integers(q), explain)


def every_pair_added(rng: np.random.Generator) -> Iterator[Batch]:
    """Residual add of every pair of uint8 operands for SETS sets of constants, half of them with many ties."""
    a, b = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    for _ in range(SETS):
        s = between(rng, 14, 30)  # the larger ratio lies in 2^(21 - S) .. 2^(22 - S)
        large, small = between(rng, 1 << 21, (1 << 22) - 1), between(rng, 1 << 12, 1 << 21)
        if rng.random() < 0.5:  # few fraction bits: ties
            zeros = max(min(s - between(rng, 1, 4), 21), 0)
            large, small = large >> zeros << zeros, max(small >> zeros, 1) << zeros
        least = -(-(1 << s) >> 14)  # the smaller ratio is at least 2^-14
        ms = [large, min(max(small, least), large)]
        ma, mb = ms if rng.random() < 0.5 else ms[::-1]
        za, zb, zp = (int(v) for v in draw.integers(rng, 0, 255, 3))
        left, right = quantised(a, ma / 2**s, za, np.uint8), quantised(b, mb / 2**s, zb, np.uint8)
        params = AddQuant(
            multiplier_a=ma,
            multiplier_b=mb,
            bias=0,
            shift=s,
            rounding=Rounding.HALF_AWAY,
            zero_point=zp,
            lo=0,
            hi=255,
            widths=Widths(scale=23),
        )
        yield Batch(
            mulquant.residual_add(a, b, params, zero_point_a=za, zero_point_b=zb),
            integers(ops.add(left, right, 1.0, zp)),
            elementwise(a=a, b=b, zp_a=za, zp_b=zb, M_a=ma, M_b=mb, S=s, zp=zp),
        )


HALVING = ((1, 2), (2, 1), (2, 2), (1, 4), (4, 1), (4, 2), (2, 4), (4, 4), (8, 2), (8, 8), (64, 1), (1, 128), (16, 16))
"""Windows of 2^S elements, for average pooling."""
KERNELS = (*HALVING, (3, 3), (2, 3), (5, 1), (7, 7), (33, 1), (1, 100))
"""Windows of max pooling."""


def average_pool(rng: np.random.Generator) -> Iterator[Batch]:
    """Average pooling of 2^S elements and MulQuant with M = 1: scale and zero point of the output are the input's."""
    while True:
        layer = pool_layer(rng, kernels=HALVING)
        window = layer.window
        golden = average_constants(layer)
        real = functional.avg_pool2d(
            quantised(layer.x, 1.0, layer.zero_point, np.uint8), window.kernel, window.stride, window.padding
        )
        acc = pooling.average_pool2d(layer.x, window, zero_point=layer.zero_point)
        yield Batch(mulquant.mulquant(acc, golden.golden), integers(real), layer.inputs)


def average_constants(layer: PoolLayer) -> Requant:
    """Return M = 1 and S = log2(KH·KW)."""
    taps = layer.window.taps
    return Requant(
        multiplier=np.array([1]),
        shift=np.array([taps.bit_length() - 1]),
        bias=np.array([0]),
        zero_point=layer.zero_point,
        lo=0,
        hi=255,
    )


def max_pool(rng: np.random.Generator) -> Iterator[Batch]:
    """Max pooling with stride and padding."""
    while True:
        layer = pool_layer(rng, kernels=KERNELS)
        window = layer.window
        best = functional.max_pool2d(
            quantised(layer.x, 1.0, layer.zero_point, np.uint8), window.kernel, window.stride, window.padding
        )
        yield Batch(pooling.max_pool2d(layer.x, window), integers(best), layer.inputs)


def check(name: str, domain: str, batches: Any, exhaustive: bool = False, most: int = 1 << 30) -> Check:
    return Check(
        name=f"{name}/qnnpack",
        stranger=f"QNNPACK of {VERSION}",
        domain=domain,
        batches=on_qnnpack(batches),
        exhaustive=exhaustive,
        most=most,
    )


CHECKS = (
    check("linear+mulquant", "|acc·M + B| ≤ 2^24, M > 0; half_even", qlinear, most=LAYER),
    check("conv2d+mulquant", "|acc·M + B| ≤ 2^24, M > 0; half_even", qconv, most=LAYER),
    check(
        "residual_add",
        f"all pairs of uint8 operands, {SETS} sets of constants, M of 22 bits; half_away",
        every_pair_added,
        exhaustive=True,
    ),
    check("average_pool2d+mulquant", "KH·KW = 2^S, M = 1, u8; half_even", average_pool, most=LAYER),
    check("max_pool2d", "u8; stride, padding", max_pool, most=LAYER),
)
