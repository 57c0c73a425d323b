"""Edge packages about windows: long maps along either axis, kernels, many pixels, many cycles."""

from __future__ import annotations

from typing import Any

from t2c.contract.descriptor import EXTENT_MAX
from t2c.contract.hardware import Hardware
from t2c.golden.arithmetic.window import LIMITS
from t2c.golden.graph.package import Package
from t2c.tb.random_models.edge import along, edge, pair
from t2c.tb.random_models.edge_net import INPUT, EdgeNet
from t2c.tb.random_models.edge_stages import Exact

_TOP = LIMITS["stride"][1]


def _longest(net: EdgeNet, axis: int) -> None:
    one, three = pair(axis, 1, 0), pair(axis, 3)
    net.conv2d(INPUT, 2, three, padding=one)
    net.max_pool2d(INPUT, three, padding=one)
    net.average_pool2d(INPUT, three, padding=one)
    net.add(INPUT, INPUT)


def _strides(net: EdgeNet, axis: int) -> None:
    for stride in (4, 5, 63, 64, 130, 1000, 2047, _TOP):
        net.conv2d(INPUT, 1, pair(axis, 3), stride=pair(axis, stride), padding=pair(axis, stride, 0))
    net.max_pool2d(INPUT, pair(axis, 3), stride=pair(axis, _TOP))
    net.average_pool2d(INPUT, pair(axis, 3), stride=pair(axis, 1025))


def _dilations(net: EdgeNet, axis: int) -> None:
    for dilation in (4, 5, 63, 64, 130, 1000, 2047, _TOP):
        window: dict[str, Any] = {
            "dilation": pair(axis, dilation),
            "stride": pair(axis, min(dilation, 601)),
            "padding": pair(axis, dilation, 0),
        }
        net.conv2d(INPUT, 1, pair(axis, 4 if dilation < _TOP else 3), **window)
    net.max_pool2d(INPUT, pair(axis, 3), dilation=pair(axis, _TOP), stride=pair(axis, 127))
    net.conv2d(INPUT, 1, pair(axis, 8), dilation=pair(axis, 1600), stride=pair(axis, 99))


def _paddings(net: EdgeNet, axis: int) -> None:
    for padding in (4, 5, 63, 64, 130, 1000, _TOP):
        net.conv2d(INPUT, 1, pair(axis, 3), padding=pair(axis, padding, 0), stride=pair(axis, 3))
    kernel, half = pair(axis, 2 * 63), pair(axis, 63, 0)
    net.max_pool2d(INPUT, kernel, padding=half, stride=pair(axis, 17))
    net.average_pool2d(INPUT, kernel, padding=half, stride=pair(axis, 17))


def _kernels(net: EdgeNet, axis: int) -> None:
    for kernel in (4, 5, 64, 130, 1000, _TOP):
        exact = Exact(widths=net.widths) if kernel > 64 else None
        net.conv2d(INPUT, 1, pair(axis, kernel), stride=pair(axis, 501), bits=4, stager=exact)
    net.max_pool2d(INPUT, pair(axis, _TOP), stride=pair(axis, 501), padding=pair(axis, _TOP // 2, 0))
    net.average_pool2d(INPUT, pair(axis, _TOP), stride=pair(axis, 501), padding=pair(axis, _TOP // 2, 0))


along("longest", "maps of 32765 pixels", _longest, EXTENT_MAX - 2)
along("strides", "strides of 4 to 4096", _strides, 3 * _TOP + 5)
along("dilations", "dilations of 4 to 4096", _dilations, 3 * _TOP + 5)
along("paddings", "paddings of 4 to 4096; windows wholly in the padding", _paddings, 130)
along("kernels", "kernels of 4 to 4096", _kernels, _TOP + 1111)


@edge("padding that differs from side to side; several outputs of one channel")
def _sides(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (3, 8, 7), zero_point=5)
    for padding in ((0, 1, 0, 1), (1, 0, 1, 0), (0, 9, 3, 0), (9, 0, 0, 3), (2, 3, 1, 0)):
        net.conv2d(INPUT, 2, (3, 3), stride=(2, 2), padding=padding)
        net.conv2d(INPUT, 9, (3, 2), stride=(1, 2), padding=padding, groups=3)
    for padding in ((0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0)):
        net.max_pool2d(INPUT, (3, 2), stride=(2, 2), padding=padding)
        net.average_pool2d(INPUT, (3, 2), stride=(2, 1), padding=padding)
    return net.package("edge-sides")


@edge("65535 taps")
def _taps(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (1, 255, 257), signed=True)
    net.conv2d(INPUT, 2, (255, 257), bits=3, stager=Exact(widths=net.widths))
    net.average_pool2d(INPUT, (255, 257))
    return net.package("edge-taps")


@edge("90300 pixels of a result; more than one block of the largest accumulator memory")
def _pixels(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (1, 300, 301), zero_point=100)
    net.conv2d(INPUT, 1, (2, 2), padding=(1, 1), stride=(1, 1))
    return net.package("edge-pixels", 1)


@edge("thousands of blocks of two pixels", small=True, on="narrow")
def _blocks(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (1, 1, 32_000), zero_point=3)
    net.conv2d(INPUT, 1)
    net.add(INPUT, INPUT)
    return net.package("edge-blocks", 1)


@edge("2^20 cycles")
def _cycles(hardware: Hardware) -> Package:
    taps = 8 * max(hardware.rows // 2, 4)
    tiles = taps * taps // hardware.rows
    side = taps + int(((1 << 20) // tiles) ** 0.5)
    net = EdgeNet(hardware, (1, side, side), zero_point=8)
    net.conv2d(INPUT, 1, (taps, taps), bits=4)
    return net.package("edge-cycles", 1)
