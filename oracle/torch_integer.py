"""Stranger: torch's own integer operators on int64: conv2d, linear, matmul, pooling, division, shifts.

Everything is exact where no sum passes 2^63. Convolution takes no zero point, so x - zp goes in and the padding is 0,
which is what x = zp amounts to. Average pooling with divisor_override = 1 is the sum of the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from oracle import draw
from oracle.check import LAYER, Batch, Check, elementwise
from oracle.draw import Ints
from oracle.layers import (
    BYTE,
    DEEP,
    DEEPEST,
    WEIGHT,
    batched_shape,
    conv_layer,
    dot_inputs,
    pool_layer,
    product_shape,
)
from oracle.requantisation import add_case, explain_add, explain_mulquant, mulquant_case
from t2c.golden.arithmetic import conv, linear, mulquant, pooling, rounding
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.window import Window

VERSION = f"torch {torch.__version__}"
WIDE = ((-(1 << 31), (1 << 31) - 1), (-(1 << 19), (1 << 19) - 1))
"""Operands and weights of 32 and 20 bits: sums above 2^53, which golden must take in int64."""
MIDDLE = ((-(1 << 15), (1 << 15) - 1), (-(1 << 15), (1 << 15) - 1))
"""16 bits: sums above 2^24, for golden's float64."""
SIZE = 1 << 12
COUNT = 1 << 8
"""Outputs of each channel for one set of constants."""
SETS = 200
"""Sets of constants for which every pair of operands is added."""
MODES = (Rounding.FLOOR, Rounding.HALF_UP)


def ranges(rng: np.random.Generator) -> tuple[tuple[int, int], tuple[int, int]]:
    """Draw the ranges of operands and weights: mostly 8 bits, and wider ones for golden's other number types."""
    return [(BYTE, WEIGHT), (WEIGHT, WEIGHT), MIDDLE, WIDE][int(rng.choice(4, p=[0.4, 0.3, 0.15, 0.15]))]


def tensor(values: Any) -> torch.Tensor:
    """Return the integers as an int64 tensor of their own memory."""
    return torch.from_numpy(np.array(values, np.int64))


def shift_right(p: torch.Tensor, shifts: torch.Tensor, mode: Rounding) -> torch.Tensor:
    """Round by torch.div(rounding_mode="floor"): ⌊p / 2^S⌋, or ⌊(p + 2^(S-1)) / 2^S⌋ for half_up; S ≤ 62."""
    power = torch.bitwise_left_shift(torch.ones_like(shifts), shifts)
    half = torch.div(power, 2, rounding_mode="floor") if mode is Rounding.HALF_UP else torch.zeros_like(power)
    return torch.div(p + half, power, rounding_mode="floor")


def rounding_shift(rng: np.random.Generator) -> Iterator[Batch]:
    """|p| ≤ 2^62 by shifts 0..62, floor and half_up: half of them ties and their neighbours; floor by >> as well."""
    while True:
        shifts = rng.integers(0, 63, SIZE)
        some = draw.integers(rng, -(1 << 62), 1 << 62, SIZE)
        near = draw.ties(rng, some >> np.minimum(shifts + 1, 63), shifts.clip(0, 62)).clip(-(1 << 62), 1 << 62)
        p = np.where(rng.random(SIZE) < 0.5, some, near)
        for mode in MODES:
            explain = elementwise(p=p, shift=shifts, mode=mode)
            yield Batch(
                rounding.round_shift(p, shifts, mode), shift_right(tensor(p), tensor(shifts), mode).numpy(), explain
            )
        arithmetic = torch.bitwise_right_shift(tensor(p), tensor(shifts)).numpy()
        explain = elementwise(p=p, shift=shifts, mode="floor by bitwise_right_shift")
        yield Batch(rounding.round_shift(p, shifts, Rounding.FLOOR), arithmetic, explain)


def full_width_mulquant(rng: np.random.Generator) -> Iterator[Batch]:
    """MulQuant at full width, floor and half_up, shifts 0..62, per tensor and per channel."""
    while True:
        acc, params = mulquant_case(rng, MODES, count=COUNT, largest_shift=62)
        p = tensor(acc) * tensor(params.multiplier) + tensor(params.bias)
        q = shift_right(p, tensor(np.broadcast_to(params.shift, acc.shape)), params.rounding) + params.zero_point
        expected = torch.clamp(q, params.lo, params.hi).numpy()
        yield Batch(mulquant.mulquant(acc, params), expected, explain_mulquant(acc, params))


def every_pair_added(rng: np.random.Generator) -> Iterator[Batch]:
    """Residual add of every pair of 8-bit operands, any signs, for SETS sets of constants at full width."""
    for _ in range(SETS):
        lows = (int(rng.choice([0, -128])), int(rng.choice([0, -128])))
        params, za, zb, _ = add_case(rng, MODES, lows=lows, largest_shift=62)
        a, b = np.meshgrid(*(np.arange(low, low + 256) for low in lows), indexing="ij")
        p = (tensor(a) - za) * params.multiplier_a + (tensor(b) - zb) * params.multiplier_b + params.bias
        q = shift_right(p, torch.full_like(p, params.shift), params.rounding) + params.zero_point
        golden = mulquant.residual_add(a, b, params, zero_point_a=za, zero_point_b=zb)
        yield Batch(golden, torch.clamp(q, params.lo, params.hi).numpy(), explain_add(a, b, params, za, zb))


def around(image: torch.Tensor, window: Window, filler: int) -> tuple[torch.Tensor, tuple[int, int]]:
    """What torch pads by itself, a pair, or the padded image where the sides differ."""
    if len(window.padding) == 2:
        return image, window.padding
    (top, bottom), (left, right) = window.pads
    return functional.pad(image, (left, right, top, bottom), value=filler), (0, 0)


def convolution(rng: np.random.Generator) -> Iterator[Batch]:
    """conv2d of 8-, 16- and 32-bit operands with stride, padding, dilation, groups and zero point."""
    while True:
        bounds, weights = ranges(rng)
        layer = conv_layer(rng, x=bounds, w=weights)
        window = layer.window
        image, padding = around(tensor(layer.x) - layer.zero_point, window, 0)
        acc = functional.conv2d(
            image,
            tensor(layer.w),
            stride=window.stride,
            padding=padding,
            dilation=window.dilation,
            groups=layer.groups,
        )
        golden = conv.conv2d(layer.x, layer.w, window=window, groups=layer.groups, zero_point=layer.zero_point)
        yield Batch(golden, acc.numpy(), layer.inputs)


def operand_rows(rng: np.random.Generator, bounds: tuple[int, int], shape: tuple[int, ...]) -> tuple[Ints, int]:
    """Draw an operand and its zero point."""
    return draw.operand(rng, *bounds, shape), int(draw.integers(rng, *bounds, 1)[0])


def fully_connected(rng: np.random.Generator) -> Iterator[Batch]:
    """linear of 8-, 16- and 32-bit operands, K to 2700."""
    while True:
        bounds, weights = ranges(rng)
        rows, depth, outputs = product_shape(rng, depth=DEEP if bounds == WIDE[0] else DEEPEST)
        x, zp = operand_rows(rng, bounds, (rows, depth))
        w = draw.operand(rng, *weights, (outputs, depth))
        acc = functional.linear(tensor(x) - zp, tensor(w))
        yield Batch(linear.linear(x, w, zero_point=zp), acc.numpy(), dot_inputs(x, w, zp=zp))


def batched_product(rng: np.random.Generator) -> Iterator[Batch]:
    """matmul of two activations with a zero point each, over one or two leading axes."""
    while True:
        bounds, others = ranges(rng)
        lead, (rows, depth, columns) = batched_shape(rng, depth=DEEP if bounds == WIDE[0] else DEEPEST)
        a, za = operand_rows(rng, bounds, (*lead, rows, depth))
        b, zb = operand_rows(rng, others, (*lead, depth, columns))
        acc = torch.matmul(tensor(a) - za, tensor(b) - zb)
        explain = dot_inputs(a, np.swapaxes(b, -1, -2), zp_a=za, zp_b=zb)
        yield Batch(linear.matmul(a, b, zero_point_a=za, zero_point_b=zb), acc.numpy(), explain)


def average_pool(rng: np.random.Generator) -> Iterator[Batch]:
    """Sums of average pooling with stride, padding and zero point."""
    while True:
        layer = pool_layer(rng, x=ranges(rng)[0])
        window = layer.window
        image, padding = around(tensor(layer.x) - layer.zero_point, window, 0)
        total = functional.avg_pool2d(image, window.kernel, window.stride, padding, divisor_override=1)
        golden = pooling.average_pool2d(layer.x, window, zero_point=layer.zero_point)
        yield Batch(golden, total.numpy(), layer.inputs)


def max_pool(rng: np.random.Generator) -> Iterator[Batch]:
    """Max pooling with stride, padding and dilation."""
    while True:
        layer = pool_layer(rng, x=ranges(rng)[0], dilation=3)
        window = layer.window
        image, padding = around(tensor(layer.x), window, -(1 << 60))
        best = functional.max_pool2d(image, window.kernel, window.stride, padding, window.dilation)
        yield Batch(pooling.max_pool2d(layer.x, window), best.numpy(), layer.inputs)


def check(name: str, stranger: str, domain: str, batches: Any, exhaustive: bool = False, most: int = 1 << 30) -> Check:
    return Check(
        name=name,
        stranger=f"{VERSION} {stranger}",
        domain=domain,
        batches=batches,
        exhaustive=exhaustive,
        most=most,
    )


CHECKS = (
    check("round_shift/torch", "div, >> on int64", "|p| ≤ 2^62, S = 0..62; floor, half_up", rounding_shift),
    check("mulquant/torch", "int64", "full widths, S = 0..62; floor, half_up", full_width_mulquant),
    check(
        "residual_add/torch",
        "int64",
        f"all pairs of 8-bit operands of any sign, {SETS} sets of constants; floor, half_up",
        every_pair_added,
        exhaustive=True,
    ),
    check("conv2d/torch", "conv2d on int64", "operands to 32 bits, all geometry, zero point", convolution, most=LAYER),
    check("linear/torch", "linear on int64", "operands to 32 bits, K ≤ 8200", fully_connected, most=LAYER),
    check("matmul/torch", "matmul on int64", "operands to 32 bits", batched_product, most=LAYER),
    check("average_pool2d/torch", "avg_pool2d on int64", "operands to 32 bits", average_pool, most=LAYER),
    check("max_pool2d/torch", "max_pool2d on int64", "operands to 32 bits, dilation", max_pool, most=LAYER),
)
