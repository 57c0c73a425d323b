"""Stranger: torch's quantise operators and its own (not QNNPACK's) residual add of qint8 tensors, in float32.

x = acc·M + B is computed by torch in float32 from integers, |acc·M| and |B| at most 2^22, so it is exact; so is x·2^-S.
fake_quantize is clip(round_half_even(x·2^-S) + zp), golden's MulQuant; it returns (q - zp)·2^S, again exact, from which
q follows; its clip bounds are any that hold the zero point, as those of a ReLU do.

quantize_per_tensor and quantize_per_channel add the zero point before they round, other kernels after. For an even zp
that is the same, since round_half_even(v + zp) = round_half_even(v) + zp, and only even ones are used. The sum is a
multiple of 2^-S of at most 24 bits, hence exact, where |x| + |zp|·2^S ≤ 2^24: |x| < 2^16 with S ≤ 16, |x| ≤ 2^23 with
S ≤ 15.

quantized::add of qint8 dequantises, adds and quantises: with scales M_a·2^-S, M_b·2^-S and 1 for the output, all terms
are multiples of 2^-S of at most 24 bits, hence exact.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from oracle import draw
from oracle.check import Batch, Check, elementwise
from oracle.draw import Ints, between
from oracle.space import channel_count
from oracle.torch_integer import SETS, VERSION
from t2c.golden.arithmetic import mulquant
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant
from t2c.golden.arithmetic.rounding import Rounding

warnings.filterwarnings("ignore", message=r"torch\.quantize_per_tensor.* deprecated")  # pinned by constraints.txt
SIZE = 1 << 13
TYPES = ((0, torch.quint8), (-128, torch.qint8))


def quantised(values: Any, scale: float, zero_point: int, kind: np.dtype[Any] | type) -> torch.Tensor:
    """Return integers as a quantised tensor, bit for bit."""
    return torch._make_per_tensor_quantized_tensor(torch.from_numpy(np.array(values, kind)), scale, zero_point)


def integers(tensor: torch.Tensor) -> Ints:
    """Return the integers of a quantised tensor."""
    return tensor.int_repr().numpy().astype(np.int64)


def affine(acc: Ints, m: Ints, b: Ints) -> torch.Tensor:
    """acc·M + B by torch in float32."""
    parts = [torch.from_numpy(np.asarray(v, np.float32)) for v in (acc, m, b)]
    return parts[0] * parts[1] + parts[2]


def even_zero_point(rng: np.random.Generator, lo: int) -> int:
    """Draw an even number of lo..lo + 255; lo is even."""
    return lo + 2 * between(rng, 0, 127)


def every_16_bit_value(_: np.random.Generator) -> Iterator[Batch]:
    """quantize_per_tensor of every integer in -2^15 .. 2^16 - 1 by scales 2^S, S = 0..16, to u8 and s8."""
    acc = np.arange(-(1 << 15), 1 << 16)
    for s in range(17):
        for lo, kind in TYPES:
            for zp in (lo, lo + 2, lo + 128, lo + 254):
                q = integers(torch.quantize_per_tensor(torch.from_numpy(acc.astype(np.float32)), 2.0**s, zp, kind))
                params = stage(np.array([1]), np.array([0]), np.array([s]), zp, lo, lo + 255)
                yield Batch(mulquant.mulquant(acc, params), q, elementwise(acc=acc, M=1, B=0, S=s, zp=zp, lo=lo))


def stage(m: Ints, b: Ints, s: Ints, zp: int, lo: int, hi: int) -> MulQuant:
    """Return golden's constants in the mode half_even."""
    return MulQuant(multiplier=m, bias=b, shift=s, rounding=Rounding.HALF_EVEN, zero_point=zp, lo=lo, hi=hi)


def constants(rng: np.random.Generator, channels: int, largest_shift: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Draw acc (N, channels), M, B and S with |acc·M| and |B| at most 2^22; half the sums near the clip range."""
    m = draw.integers(rng, -(1 << 15), (1 << 15) - 1, channels)
    b = draw.integers(rng, -(1 << 22), 1 << 22, channels) >> rng.integers(0, 23, channels)
    s = rng.integers(0, largest_shift, channels, endpoint=True)
    shape = (SIZE // channels, channels)
    limit = (1 << 22) // np.maximum(np.abs(m), 1)
    uniform = (rng.uniform(-1, 1, shape) * limit).astype(np.int64)
    near = (draw.ties(rng, rng.integers(-300, 600, shape), np.broadcast_to(s, shape)) - b) // np.where(m == 0, 1, m)
    return np.where(rng.random(shape) < 0.5, uniform, near.clip(-limit, limit)), m, b, s


def per_channel(rng: np.random.Generator) -> Iterator[Batch]:
    """MulQuant as float32 multiply, add and quantize_per_channel."""
    while True:
        channels, (lo, kind) = channel_count(rng), TYPES[between(rng, 0, 1)]
        acc, m, b, s = constants(rng, channels, 15)
        zp = even_zero_point(rng, lo)
        scales, zps = torch.from_numpy(np.ldexp(np.ones(channels), s)), torch.full((channels,), zp)
        q = integers(torch.quantize_per_channel(affine(acc, m, b), scales, zps, 1, kind))
        explain = elementwise(acc=acc, M=m, B=b, S=s, zp=zp, lo=lo)
        yield Batch(mulquant.mulquant(acc, stage(m, b, s, zp, lo, lo + 255)), q, explain)


def fake_quantise(rng: np.random.Generator) -> Iterator[Batch]:
    """MulQuant per tensor as float32 multiply, add and fake_quantize, clip bounds as of ReLU and narrow formats."""
    while True:
        acc, m, b, s = constants(rng, 1, 23)
        lo, zp, hi = sorted(between(rng, -128, 255) for _ in range(3))
        lo = zp if rng.random() < 0.3 else lo
        power = 2.0 ** int(s[0])
        real = torch.fake_quantize_per_tensor_affine(affine(acc, m, b), power, zp, lo, hi)
        q = (real.to(torch.float64) / power).to(torch.int64).numpy() + zp
        explain = elementwise(acc=acc, M=m, B=b, S=s, zp=zp, lo=lo, hi=hi)
        yield Batch(mulquant.mulquant(acc, stage(m, b, s, zp, lo, hi)), q, explain)


def every_pair_added(rng: np.random.Generator) -> Iterator[Batch]:
    """quantized::add of every pair of int8 operands for SETS sets of constants; |p| ≤ 255·(M_a + M_b) ≤ 2^24."""
    side = np.arange(-128, 128)
    a, b = np.meshgrid(side, side, indexing="ij")
    for _ in range(SETS):
        s = between(rng, 0, 16)
        ma, mb = (int(rng.choice([1, 3, between(rng, 1, (1 << 15) - 1)])) for _ in "ab")
        za, zb, zp = between(rng, -128, 127), between(rng, -128, 127), even_zero_point(rng, -128)
        left, right = quantised(a, ma / 2**s, za, np.int8), quantised(b, mb / 2**s, zb, np.int8)
        params = AddQuant(
            multiplier_a=ma,
            multiplier_b=mb,
            bias=0,
            shift=s,
            rounding=Rounding.HALF_EVEN,
            zero_point=zp,
            lo=-128,
            hi=127,
        )
        yield Batch(
            mulquant.residual_add(a, b, params, zero_point_a=za, zero_point_b=zb),
            integers(torch.ops.quantized.add(left, right, 1.0, zp)),
            elementwise(a=a, b=b, zp_a=za, zp_b=zb, M_a=ma, M_b=mb, S=s, zp=zp),
        )


CHECKS = (
    Check(
        name="mulquant/quantize_per_tensor",
        stranger=f"{VERSION} quantize_per_tensor",
        domain="all acc of -2^15 .. 2^16 - 1, S = 0..16, s8 and u8, four even zp; half_even",
        batches=every_16_bit_value,
        exhaustive=True,
    ),
    Check(
        name="mulquant/quantize_per_channel",
        stranger=f"{VERSION} quantize_per_channel",
        domain="|acc·M + B| ≤ 2^23, S = 0..15, even zp; half_even",
        batches=per_channel,
    ),
    Check(
        name="mulquant/fake_quantize",
        stranger=f"{VERSION} fake_quantize",
        domain="|acc·M + B| ≤ 2^23, S = 0..23, lo ≤ zp ≤ hi; half_even",
        batches=fake_quantise,
    ),
    Check(
        name="residual_add/torch-qint8",
        stranger=f"{VERSION} quantized::add of qint8",
        domain=f"all pairs of int8 operands, {SETS} sets of constants, |p| ≤ 2^24, even zp; half_even",
        batches=every_pair_added,
        exhaustive=True,
    ),
)
