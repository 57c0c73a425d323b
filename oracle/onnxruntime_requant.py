"""Stranger: onnxruntime's requantising operators, under the condition of oracle/float_scale.py.

QuantizeLinear, QLinearMatMul, QLinearConv and QGemm round half to even and then add the zero point: golden's MulQuant.
QLinearAdd adds the zero point first: with scales M_a·2^-S and M_b·2^-S it is
clip(round_half_even(((a - zp_a)·M_a + (b - zp_b)·M_b + zp·2^S)·2^-S)), golden's residual add with B = zp·2^S and zero
point 0; on a tie with an odd zp that is not the same as adding zp at the end. All its terms are multiples of 2^-S and
below 2^24·2^-S, so float32 adds them exactly in any order.

Operands are unsigned 8 bits, signed ones moved by 128, for the reason that oracle/onnxruntime_integer.py gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from oracle import draw
from oracle.check import LAYER, Batch, Check, Index, elementwise
from oracle.draw import Ints, between
from oracle.float_scale import Requant, requant
from oracle.layers import conv_layer, shallow_shape
from oracle.onnx_node import VERSION, Input, run_node
from oracle.onnxruntime_integer import OFFSET, geometry, unsigned
from oracle.space import channel_count
from t2c.golden.arithmetic import conv, linear, mulquant
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant
from t2c.golden.arithmetic.rounding import Rounding

WIDTHS = (2, 4, 8)
"""Bits of operands: narrow ones leave room for large multipliers."""
ABSENT = np.empty(0, object)
SETS = 200
"""Sets of constants for which every pair of operands is added."""


def operand_range(rng: np.random.Generator) -> tuple[int, int]:
    """Draw the range of an unsigned operand."""
    return 0, (1 << int(rng.choice(WIDTHS))) - 1


def weight_range(rng: np.random.Generator) -> tuple[int, int]:
    """Draw the range of a weight."""
    half = 1 << (int(rng.choice(WIDTHS)) - 1)
    return -half, half - 1


def power(rng: np.random.Generator) -> np.float32:
    """Draw a power of two, for a scale that must cancel."""
    return np.float32(2.0 ** between(rng, -8, 8))


def scales(rng: np.random.Generator, constants: Requant) -> dict[str, Any]:
    """Split the scale into s_x·s_w / s_y with powers of two for s_x and s_y: every step is exact."""
    x, y = power(rng), power(rng)
    return {"x": x, "w": constants.scale / x * y, "y": y}


def every_16_bit_value(_: np.random.Generator) -> Iterator[Batch]:
    """QuantizeLinear of every integer in -2^15 .. 2^16 - 1 by scales 2^S, S = 0..16, to u8 and s8, four zero points."""
    acc = np.arange(-(1 << 15), 1 << 16)
    for s in range(17):
        for lo, kind in ((0, np.uint8), (-128, np.int8)):
            for zp in (lo, lo + 1, lo + 128, lo + 255):
                inputs: dict[str, Input] = {
                    "x": acc.astype(np.float32),
                    "scale": np.float32(2.0**s),
                    "zp": np.array(zp, kind),
                }
                q = run_node("QuantizeLinear", inputs, kind, constants=("scale", "zp"))
                one = Requant(
                    multiplier=np.array([1]), shift=np.array([s]), bias=np.array([0]), zero_point=zp, lo=lo, hi=lo + 255
                )
                yield Batch(mulquant.mulquant(acc, one.golden), q, elementwise(acc=acc, M=1, B=0, S=s, zp=zp, lo=lo))


def quantize_linear(rng: np.random.Generator) -> Iterator[Batch]:
    """QuantizeLinear of |x| ≤ 2^24 by one 2^S per channel."""
    while True:
        channels, lo = channel_count(rng), int(rng.choice([0, -128]))
        kind = np.uint8 if lo == 0 else np.int8
        shift, zp = rng.integers(0, 24, channels), between(rng, lo, lo + 255)
        quotients = rng.integers(-300, 600, (channels, max(4096 // channels, 1)))
        near = draw.ties(rng, quotients, np.broadcast_to(shift[:, None], quotients.shape)).clip(-(1 << 24), 1 << 24)
        acc = np.where(rng.random(near.shape) < 0.5, near, draw.integers(rng, -(1 << 24), 1 << 24, near.shape))
        inputs: dict[str, Input] = {
            "x": acc.astype(np.float32),
            "scale": np.ldexp(np.ones(channels), shift).astype(np.float32),
            "zp": np.full(channels, zp, kind),
        }
        q = run_node("QuantizeLinear", inputs, kind, constants=("scale", "zp"), axis=0)
        params = MulQuant(
            multiplier=np.ones(channels, np.int64),
            bias=np.zeros(channels, np.int64),
            shift=shift,
            rounding=Rounding.HALF_EVEN,
            zero_point=zp,
            lo=lo,
            hi=lo + 255,
        )
        explain = elementwise(acc=acc, M=1, B=0, S=shift[:, None], zp=zp, lo=lo)
        yield Batch(mulquant.mulquant(acc, params, channel_axis=0), q, explain)


def rows(x: Ints, w: Ints, zp: int, constants: Requant) -> Any:
    """Explain an output of a fully connected layer."""

    def explain(index: Index) -> dict[str, Any]:
        n, o = index
        return {"x": x[n], "w": w[o], "zp_x": zp, **constants.inputs(o)}

    return explain


def dense(rng: np.random.Generator, *, bias: bool) -> tuple[Ints, Ints, int, Requant]:
    """Draw a fully connected layer, K ≤ 200, with constants per tensor or per output."""
    images, depth, outputs = shallow_shape(rng)
    bounds = operand_range(rng)
    x = draw.integers(rng, *bounds, (images, depth))
    w = draw.integers(rng, *weight_range(rng), (outputs, depth))
    zp = int(draw.integers(rng, *bounds, 1)[0])
    peak = int(np.abs(w).sum(axis=1).max()) * max(int(np.abs(x - zp).max()), 1)
    channels = outputs if rng.random() < 0.5 else 1
    constants = requant(rng, max(peak, 1), channels, negative=True, bias=bias and channels > 1)
    return x, w, zp, constants


def qlinear_matmul(rng: np.random.Generator) -> Iterator[Batch]:
    """linear and MulQuant as QLinearMatMul: scale per tensor or per output, M of both signs, no bias."""
    while True:
        x, w, zp, constants = dense(rng, bias=False)
        split, channels = scales(rng, constants), constants.multiplier.size
        per_channel = channels > 1
        inputs: dict[str, Input] = {
            "a": unsigned(x),
            "a_scale": split["x"],
            "a_zp": unsigned(zp),
            "b": unsigned(w.T, OFFSET),
            "b_scale": split["w"] if per_channel else split["w"][0],
            "b_zp": np.full(channels, OFFSET, np.uint8) if per_channel else unsigned(OFFSET),
            "y_scale": split["y"],
            "y_zp": unsigned(constants.zero_point),
        }
        q = run_node("QLinearMatMul", inputs, np.uint8, constants=tuple(inputs)[1:])
        golden = mulquant.mulquant(linear.linear(x, w, zero_point=zp), constants.golden)
        yield Batch(golden, q, rows(x, w, zp, constants))


def qgemm(rng: np.random.Generator) -> Iterator[Batch]:
    """linear and MulQuant as com.microsoft.QGemm: with a bias."""
    while True:
        x, w, zp, constants = dense(rng, bias=True)
        split, channels = scales(rng, constants), constants.multiplier.size
        per_channel = channels > 1
        inputs: dict[str, Input] = {
            "a": unsigned(x),
            "a_scale": split["x"],
            "a_zp": unsigned(zp),
            "b": unsigned(w, OFFSET),
            "b_scale": split["w"] if per_channel else split["w"][0],
            "b_zp": np.full(channels, OFFSET, np.uint8) if per_channel else unsigned(OFFSET),
            "c": constants.bias.astype(np.int32) if per_channel else ABSENT,
            "y_scale": split["y"],
            "y_zp": unsigned(constants.zero_point),
        }
        q = run_node(
            "QGemm", inputs, np.uint8, domain="com.microsoft", constants=tuple(inputs)[1:], alpha=1.0, transB=1
        )
        golden = mulquant.mulquant(linear.linear(x, w, zero_point=zp), constants.golden)
        yield Batch(golden, q, rows(x, w, zp, constants))


def qlinear_conv(rng: np.random.Generator) -> Iterator[Batch]:
    """conv2d and MulQuant as QLinearConv: all geometry, bias, scale per output channel."""
    while True:
        layer = conv_layer(rng, x=operand_range(rng), w=weight_range(rng), small=True)
        outputs = layer.w.shape[0]
        constants = requant(rng, max(layer.peak, 1), outputs, negative=True, bias=True)
        split = scales(rng, constants)
        inputs: dict[str, Input] = {
            "x": unsigned(layer.x),
            "x_scale": split["x"],
            "x_zp": unsigned(layer.zero_point),
            "w": unsigned(layer.w, OFFSET),
            "w_scale": split["w"],
            "w_zp": np.full(outputs, OFFSET, np.uint8),
            "y_scale": split["y"],
            "y_zp": unsigned(constants.zero_point),
            "b": constants.bias.astype(np.int32),
        }
        q = run_node(
            "QLinearConv",
            inputs,
            np.uint8,
            constants=tuple(inputs)[1:],
            group=layer.groups,
            **geometry(layer.window),
        )
        acc = conv.conv2d(layer.x, layer.w, window=layer.window, groups=layer.groups, zero_point=layer.zero_point)

        def explain(index: Index, layer: Any = layer, constants: Requant = constants) -> dict[str, Any]:
            return {**layer.inputs(index), **constants.inputs(index[1])}

        yield Batch(mulquant.mulquant(acc, constants.golden), q, explain)


def qlinear_add(rng: np.random.Generator) -> Iterator[Batch]:
    """Residual add as com.microsoft.QLinearAdd, every pair of 8-bit operands, u8 or s8, for SETS sets of constants.

    |p| ≤ 255·(M_a + M_b) + 255·2^S ≤ 2^24 with M ≤ 2^13 and S ≤ 14.
    """
    for _ in range(SETS):
        lo, kind = ((0, np.uint8), (-128, np.int8))[between(rng, 0, 1)]
        side = np.arange(lo, lo + 256)
        a, b = np.meshgrid(side, side, indexing="ij")
        s = between(rng, 0, 14)
        ma, mb = (int(rng.choice([1, 3, between(rng, 1, 1 << 13)])) for _ in "ab")
        za, zb, zp = (between(rng, lo, lo + 255) for _ in range(3))
        inputs: dict[str, Input] = {
            "a": a.astype(kind),
            "a_scale": np.float32(ma / 2**s),
            "a_zp": np.array(za, kind),
            "b": b.astype(kind),
            "b_scale": np.float32(mb / 2**s),
            "b_zp": np.array(zb, kind),
            "y_scale": np.float32(1),
            "y_zp": np.array(zp, kind),
        }
        scalars = tuple(name for name in inputs if name not in "ab")
        q = run_node("QLinearAdd", inputs, kind, domain="com.microsoft", constants=scalars)
        params = AddQuant(
            multiplier_a=ma, multiplier_b=mb, bias=zp << s, shift=s, rounding=Rounding.HALF_EVEN, lo=lo, hi=lo + 255
        )
        yield Batch(
            mulquant.residual_add(a, b, params, zero_point_a=za, zero_point_b=zb),
            q,
            elementwise(a=a, b=b, zp_a=za, zp_b=zb, M_a=ma, M_b=mb, B=zp << s, S=s, lo=lo),
        )


def check(name: str, op: str, domain: str, batches: Any, exhaustive: bool = False, most: int = 1 << 30) -> Check:
    return Check(
        name=name,
        stranger=f"{VERSION} {op}",
        domain=domain,
        batches=batches,
        exhaustive=exhaustive,
        most=most,
    )


CHECKS = (
    check(
        "mulquant/QuantizeLinear-16-bit",
        "QuantizeLinear",
        "all acc of -2^15 .. 2^16 - 1, S = 0..16, s8 and u8; half_even",
        every_16_bit_value,
        exhaustive=True,
    ),
    check(
        "mulquant/QuantizeLinear",
        "QuantizeLinear",
        "|acc| ≤ 2^24, S = 0..23 per channel; half_even",
        quantize_linear,
    ),
    check(
        "linear+mulquant/QLinearMatMul",
        "QLinearMatMul",
        "|acc·M| ≤ 2^24, u8; half_even",
        qlinear_matmul,
        most=LAYER,
    ),
    check(
        "linear+mulquant/QGemm",
        "QGemm",
        "|acc·M + B| ≤ 2^24, B = bias·M, u8; half_even",
        qgemm,
        most=LAYER,
    ),
    check(
        "conv2d+mulquant/QLinearConv",
        "QLinearConv",
        "|acc·M + B| ≤ 2^24, B = bias·M, u8; half_even",
        qlinear_conv,
        most=LAYER,
    ),
    check(
        "residual_add/QLinearAdd",
        "QLinearAdd",
        f"all pairs of 8-bit operands, {SETS} sets of constants, |p| ≤ 2^24; half_even",
        qlinear_add,
        exhaustive=True,
    ),
)
