"""Edge packages about numbers: operands of sums, zero points, constants; and about small memories."""

from __future__ import annotations

from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.rounding import MAX_SHIFT, Rounding
from t2c.golden.graph.package import Package
from t2c.tb.random_models.edge import edge
from t2c.tb.random_models.edge_net import INPUT, EdgeNet
from t2c.tb.random_models.edge_stages import Constants


@edge("operands of sums far apart in the memory, in both orders, of every sign", small=True)
def _sums(hardware: Hardware) -> Package:
    width = max(min(20_000, hardware.act_depth // 40 if hardware.rows > 2 else hardware.act_depth // 7), 2)
    net = EdgeNet(hardware, (1, 1, width), zero_point=(1 << hardware.x_w) - 1)
    low, high = -(1 << (hardware.x_w - 1)), (1 << (hardware.x_w - 1)) - 1
    a = net.conv2d(INPUT, 1, signed=True, zero_point=low)
    b = net.conv2d(INPUT, 1, signed=True, zero_point=high)
    for left, right in ((a, b), (b, a), (INPUT, a), (b, INPUT), (a, a)):
        net.add(left, right, signed=left == a, zero_point=1)
    return net.package("edge-sums")


@edge("sums of many channels: every column tile of a word has parameters of its own", small=True)
def _sums_of_words(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (2 * hardware.rows + 1, 2, 2), signed=True, zero_point=1)
    a = net.max_pool2d(INPUT, (1, 1))
    net.add(a, INPUT, signed=False, zero_point=3)
    net.add(INPUT, a)
    return net.package("edge-sums-of-words")


@edge("zero points at both ends, of both signs, in every operation", small=True)
def _zero_points(hardware: Hardware) -> Package:
    top, half = (1 << hardware.x_w) - 1, 1 << (hardware.x_w - 1)
    net = EdgeNet(hardware, (1, 2, 3), zero_point=half)
    readings = ((False, 0), (False, top), (False, half), (True, -half), (True, half - 1), (True, -1))
    made = [net.conv2d(INPUT, 2, (1, 2), signed=signed, zero_point=zero) for signed, zero in readings]
    for index, (reading, (signed, zero)) in enumerate(zip(made, readings, strict=True)):
        net.conv2d(reading, 1, (2, 2), padding=(1, 1), signed=not signed)
        net.average_pool2d(reading, (2, 2), padding=(1, 1), signed=signed, zero_point=zero)
        net.max_pool2d(reading, (2, 2), padding=(1, 1))
        net.add(reading, made[index - 1], signed=signed, zero_point=zero)
    return net.package("edge-zero-points", 3)


@edge("every shift, with multipliers and biases of every power of two, in every rounding mode", images=4, small=True)
def _constants(hardware: Hardware) -> Package:
    side = 2 if hardware.act_depth > 4 * 3 * (MAX_SHIFT + 1) // hardware.rows + 8 else 1
    net = EdgeNet(hardware, (5, side, side), zero_point=2)
    for index, mode in enumerate(Rounding):
        stager = Constants(widths=net.widths, rounding=mode)
        net.conv2d(
            INPUT, 3 * (MAX_SHIFT + 1), signed=index % 2 == 0, zero_point=index - 1 if index else 0, stager=stager
        )
    return net.package("edge-constants", 4)


@edge("a network whose tensors pass in strips where memories are small", small=True)
def _strips(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (2, 64, 3), zero_point=4)
    a = net.conv2d(INPUT, 2, (3, 2), padding=(1, 1), stride=(1, 1))
    b = net.max_pool2d(a, (5, 2), padding=(2, 0), stride=(1, 1))
    c = net.average_pool2d(b, (4, 1), padding=(2, 0))
    d = net.conv2d(b, 2, (6, 1), padding=(7, 0), dilation=(2, 1), stride=(1, 1))
    net.conv2d(c, 3, (2, 1), stride=(2, 1))
    net.conv2d(d, 3, (1, 3))
    return net.package("edge-strips", 1)
