"""Random nodes of every kind over the whole legal space, with inputs: what golden and the counterparts are held to.

Each is large in one thing (`oracle.space`), and small enough that plain Python runs it in hundredths of a second.
Formats, zero points, widths, constants and modes are any legal ones; shifts and biases are mostly such that outputs
neither all saturate nor lose what a wrong constant changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from oracle import draw
from oracle.counterpart import Case
from oracle.draw import Ints, between
from oracle.requantisation import multipliers, stage
from oracle.space import Shape, channel_count, conv_shape, dense_shape, far, lopsided, pool_shape
from t2c.golden.arithmetic import lut
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import (
    ACC_BITS,
    ACTIVATION_HI,
    ACTIVATION_LO,
    BYTE_HI,
    BYTE_LO,
    AddQuant,
    MulQuant,
    Widths,
)
from t2c.golden.arithmetic.multi_threshold import Thresholds
from t2c.golden.arithmetic.pointwise import PointwiseTable
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.graph.tensor_spec import MAX_EDGE_BITS, MAX_OPERAND_BITS, TensorSpec
from t2c.golden.nodes.add import Add
from t2c.golden.nodes.average_pool2d import AveragePool2d
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.multi_threshold import MultiThreshold
from t2c.golden.nodes.pointwise import Pointwise
from t2c.golden.nodes.softmax import Softmax

MACS = 1 << 13
"""Products of a layer that plain Python is given."""
MODES = tuple(Rounding)
ONE: dict[str, Any] = {"name": "node", "inputs": ("x",), "output": "y"}


def edge(
    rng: np.random.Generator, name: str, shape: tuple[int, ...], top: bool = False, widest: int = MAX_OPERAND_BITS
) -> TensorSpec:
    """Draw a tensor of any format of up to `widest` bits; top: of as many, with the zero point at an end."""
    fmt = IntFormat(bits=widest if top else far(rng, "tensor.bits", widest), signed=bool(rng.integers(2)))
    if top:
        zero_point = int(rng.choice([fmt.lo, fmt.hi]))
        return TensorSpec(name=name, shape=shape, bits=fmt.bits, signed=fmt.signed, zero_point=zero_point)
    return TensorSpec(
        name=name,
        shape=shape,
        bits=fmt.bits,
        signed=fmt.signed,
        zero_point=int(draw.integers(rng, fmt.lo, fmt.hi, 1)[0]),
    )


def at_top(rng: np.random.Generator) -> bool:
    """Draw whether a layer's accumulators are as large as they can be, of either sign."""
    return bool(rng.integers(6) == 0)


def values(rng: np.random.Generator, spec: TensorSpec, batch: int, top: bool = False) -> Ints:
    """Draw a tensor's integers, (batch, *shape); top: all are far from the zero point."""
    if top:
        end = spec.format.hi if spec.zero_point == spec.format.lo else spec.format.lo
        return np.full((batch, *spec.shape), end, np.int64)
    return draw.operand(rng, spec.format.lo, spec.format.hi, (batch, *spec.shape))


def weights(rng: np.random.Generator, shape: tuple[int, ...], top: bool = False) -> dict[str, Any]:
    """Draw weights of any width; top: the largest of 8 bits, of one sign in each output."""
    bits = far(rng, "conv2d.weight_bits")
    half = 1 << (bits - 1)
    if top:
        ends = rng.choice([-128, 127], (shape[0], *(1 for _ in shape[1:])))
        return {"weight": np.broadcast_to(ends, shape), "weight_bits": 8}
    return {"weight": draw.operand(rng, -half, half - 1, shape), "weight_bits": bits}


def constants(rng: np.random.Generator, worst: int, channels: int, wide: bool = False) -> MulQuant:
    """Draw a MulQuant for accumulators up to `worst`, for each of the channels or for all; wide: results of 16 bits."""
    least = max(worst.bit_length() + 1, 8)
    acc = between(rng, least, max(least, ACC_BITS[1]))
    widths = Widths(acc=acc, scale=far(rng, "widths.scale"), bias=far(rng, "widths.bias"))
    count = channels if rng.random() < 0.8 else 1
    m = multipliers(rng, count, widths)
    reach = np.array([(worst * abs(int(one))).bit_length() for one in m])
    fitting = np.clip(reach - rng.integers(3, 18 if wide else 10, count), 0, 63)
    s = np.where(rng.random(count) < 0.8, fitting, [far(rng, "conv2d.mulquant.shift") for _ in range(count)])
    room = np.minimum(np.int64(1) << np.minimum(s + 7, 62), widths.bias_format.hi)
    b = np.array([between(rng, -int(most), int(most)) for most in room])
    ends = (ACTIVATION_LO, ACTIVATION_HI) if wide else (BYTE_LO, BYTE_HI)
    return MulQuant(multiplier=m, bias=b, shift=s, **stage(rng, MODES, *ends), widths=widths)


def of_a_sum(quant: MulQuant, second: int) -> AddQuant:
    """The constants of a sum: those of a MulQuant per tensor, and the multiplier of the second operand."""
    return AddQuant(
        multiplier_a=int(quant.multiplier[0]),
        multiplier_b=second,
        bias=int(quant.bias[0]),
        shift=int(quant.shift[0]),
        rounding=quant.rounding,
        zero_point=quant.zero_point,
        lo=quant.lo,
        hi=quant.hi,
        widths=quant.widths,
    )


def _image(rng: np.random.Generator, shape: Shape, top: bool = False, widest: int = MAX_OPERAND_BITS) -> TensorSpec:
    return edge(rng, "x", (shape.groups * shape.per_group, *shape.size), top, widest)


def conv2d(rng: np.random.Generator) -> Iterator[Case]:
    """Convolutions of all geometry."""
    while True:
        shape, top = conv_shape(rng, depth=MACS, macs=MACS), at_top(rng)
        x, window = _image(rng, shape, top), lopsided(rng, shape.window, widen=True)
        own = weights(rng, (shape.groups * shape.outputs, shape.per_group, *window.kernel), top)
        worst = int(np.abs(own["weight"]).reshape(len(own["weight"]), -1).sum(1).max()) * x.magnitude
        node = Conv2d(
            **ONE,
            **own,
            stride=window.stride,
            padding=window.padding,
            dilation=window.dilation,
            groups=shape.groups,
            mulquant=constants(rng, worst, shape.groups * shape.outputs, wide=rng.random() < 0.2),
        )
        yield Case(node=node, inputs=(x,), values=(values(rng, x, shape.batch, top),))


def linear(rng: np.random.Generator) -> Iterator[Case]:
    """Fully connected layers."""
    while True:
        (rows, depth, outputs), top = dense_shape(rng, depth=MACS, macs=MACS), at_top(rng)
        x, own = edge(rng, "x", (depth,), top), weights(rng, (outputs, depth), top)
        worst = int(np.abs(own["weight"]).sum(1).max()) * x.magnitude
        node = Linear(**ONE, **own, mulquant=constants(rng, worst, outputs, wide=rng.random() < 0.2))
        yield Case(node=node, inputs=(x,), values=(values(rng, x, rows, top),))


def matmul(rng: np.random.Generator) -> Iterator[Case]:
    """Products of two activations, with up to two leading axes."""
    while True:
        (rows, depth, columns), top = dense_shape(rng, depth=MACS, macs=MACS), at_top(rng)
        lead = tuple(between(rng, 1, 2) for _ in range(between(rng, 0, 2)))
        a, b = edge(rng, "a", (*lead, rows, depth), top), edge(rng, "b", (*lead, depth, columns), top)
        quant = constants(rng, depth * a.magnitude * b.magnitude, columns)
        node = Matmul(name="node", inputs=("a", "b"), output="y", mulquant=quant)
        yield Case(node=node, inputs=(a, b), values=(values(rng, a, 1, top), values(rng, b, 1, top)))


def add(rng: np.random.Generator) -> Iterator[Case]:
    """Sums of two tensors of any formats."""
    while True:
        shape = (channel_count(rng), between(rng, 1, 4))
        a, b = (edge(rng, name, shape, widest=MAX_EDGE_BITS) for name in "ab")
        quant = constants(rng, 2 * max(a.magnitude, b.magnitude), 1, wide=max(a.bits, b.bits) > MAX_OPERAND_BITS)
        node = Add(
            name="node",
            inputs=("a", "b"),
            output="y",
            addquant=of_a_sum(quant, int(multipliers(rng, 1, quant.widths)[0])),
        )
        yield Case(node=node, inputs=(a, b), values=(values(rng, a, 2), values(rng, b, 2)))


def average_pool2d(rng: np.random.Generator) -> Iterator[Case]:
    """Average pooling of all geometry."""
    while True:
        shape, top = pool_shape(rng, op="average_pool2d", dilated=False, macs=MACS), at_top(rng)
        x, window = _image(rng, shape, top, MAX_EDGE_BITS), lopsided(rng, shape.window, widen=False)
        quant = constants(rng, window.taps * x.magnitude, shape.groups)
        form: dict[str, Any] = {"kernel": window.kernel, "stride": window.stride, "padding": window.padding}
        node = AveragePool2d(**ONE, **form, mulquant=quant)
        yield Case(node=node, inputs=(x,), values=(values(rng, x, shape.batch, top),))


def max_pool2d(rng: np.random.Generator) -> Iterator[Case]:
    """Max pooling of all geometry."""
    while True:
        shape = pool_shape(rng, op="max_pool2d", dilated=True, macs=MACS)
        x, window = _image(rng, shape, widest=MAX_EDGE_BITS), lopsided(rng, shape.window, widen=False)
        form: dict[str, Any] = {"kernel": window.kernel, "stride": window.stride, "padding": window.padding}
        node = MaxPool2d(**ONE, **form, dilation=window.dilation)
        yield Case(node=node, inputs=(x,), values=(values(rng, x, shape.batch),))


def flatten(rng: np.random.Generator) -> Iterator[Case]:
    """Maps of all extents."""
    while True:
        extents = [between(rng, 1, 4) for _ in range(3)]
        extents[between(rng, 0, 2)] = far(rng, "tensor.height", MACS // 16)
        x = edge(rng, "x", (extents[0], extents[1], extents[2]), widest=MAX_EDGE_BITS)
        yield Case(node=Flatten(**ONE), inputs=(x,), values=(values(rng, x, 2),))


def pointwise(rng: np.random.Generator) -> Iterator[Case]:
    """Tables from any format to any other."""
    while True:
        x = edge(rng, "x", (channel_count(rng), between(rng, 1, 4)), widest=MAX_EDGE_BITS)
        output = IntFormat(bits=far(rng, "tensor.bits"), signed=bool(rng.integers(2)))
        table = PointwiseTable(entries=draw.integers(rng, output.lo, output.hi, 1 << x.bits), output=output)
        yield Case(node=Pointwise(**ONE, pointwise=table), inputs=(x,), values=(values(rng, x, 2),))


def multi_threshold(rng: np.random.Generator) -> Iterator[Case]:
    """Staircases of one channel and of many, some with thresholds that are equal or that nothing reaches."""
    while True:
        x = edge(rng, "x", (channel_count(rng), between(rng, 1, 4)), widest=MAX_EDGE_BITS)
        rows, steps = x.shape[0] if rng.random() < 0.7 else 1, between(rng, 1, 255)
        drawn = draw.integers(rng, x.format.lo, x.format.hi + 1, (rows, steps))
        drawn += rng.integers(2) * rng.choice([ACTIVATION_LO, 0, 0, ACTIVATION_HI], (rows, 1))
        stairs = np.sort(drawn.clip(ACTIVATION_LO, ACTIVATION_HI + 1), axis=1)
        table = Thresholds(thresholds=stairs, base=between(rng, ACTIVATION_LO, ACTIVATION_HI - steps))
        yield Case(node=MultiThreshold(**ONE, multi_threshold=table), inputs=(x,), values=(values(rng, x, 2),))


def softmax(rng: np.random.Generator) -> Iterator[Case]:
    """Rows up to the longest, with as many elements near the maximum as leave them a share that does not round to 0."""
    while True:
        bits = between(rng, 4, 16), between(rng, 2, 8)
        depth = 1 << far(rng, "softmax.depth_bits", 8)
        exp = lut.exp_table(scale=float(rng.uniform(0.02, 1.0)), depth=depth, exponent_bits=bits[0])
        if rng.random() < 0.3:
            exp = draw.integers(rng, 1, (1 << bits[0]) - 1, depth)
        widths = dict(
            zip(("exponent_bits", "output_bits"), bits, strict=True), reciprocal_bits=between(rng, sum(bits), 32)
        )
        table = SoftmaxTable(exp=exp, **widths, rounding=MODES[between(rng, 0, len(MODES) - 1)])
        length = far(rng, "softmax.row", 1 << 13) if rng.random() < 0.9 else far(rng, "softmax.row")
        x = edge(rng, "x", (length,), widest=MAX_EDGE_BITS)
        row = draw.integers(rng, x.format.lo, x.format.hi, (1, length))
        if rng.random() < 0.7:  # a few peaks anywhere
            row = row - np.where(rng.random(row.shape) * length < 4, 0, between(rng, -128, 200))
        yield Case(node=Softmax(**ONE, softmax=table), inputs=(x,), values=(row.clip(x.format.lo, x.format.hi),))


OURS = {
    "conv2d": conv2d,
    "linear": linear,
    "matmul": matmul,
    "add": add,
    "average_pool2d": average_pool2d,
    "max_pool2d": max_pool2d,
    "flatten": flatten,
    "pointwise": pointwise,
    "multi_threshold": multi_threshold,
    "softmax": softmax,
}
"""Random cases of each kind of node that golden has."""

SLOW = {"softmax": 4096}
"""What a case counts as where it is not 512."""
