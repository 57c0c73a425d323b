"""Edge packages about tiles, groups, images and layers."""

from __future__ import annotations

import numpy as np

from t2c.contract.field_kinds import COUNT
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import Package
from t2c.tb.random_models.edge import edge
from t2c.tb.random_models.edge_net import INPUT, EdgeNet
from t2c.tb.random_models.edge_stages import Different, Exact, Slices


@edge("the highest bits of an accumulator, of both signs", images=4)
def _top_accumulator(hardware: Hardware) -> Package:
    x_top, w_top = (1 << hardware.x_w) - 1, 1 << (hardware.w_w - 1)
    largest = ((1 << (hardware.acc_w - 1)) - 1) // (x_top * w_top)
    features = min(largest, _features(hardware), hardware.wgt_depth)
    net = EdgeNet(hardware, (features,))
    weight = np.full((6, features), -w_top, dtype=np.int64)
    weight[1::2] = w_top - 1
    weight[4:, ::2] = net.rng.integers(-w_top, w_top, weight[4:, ::2].shape)
    top = (features * x_top * w_top).bit_length() - hardware.x_w + 2
    net.linear(INPUT, 6, weight=weight, stager=Slices(widths=net.widths, first=top, step=-3))
    images = np.full((4, features), x_top, dtype=np.int64)
    images[1, features // 3 :] = 0
    images[2] = net.rng.integers(0, x_top + 1, features)
    images[3, features // 50 :] = 0
    return net.package("edge-top-accumulator", images)


def _features(hardware: Hardware) -> int:
    """Features that the activation memory holds beside some outputs, in words that a step can count."""
    return hardware.rows * min(hardware.act_depth - 64, COUNT.high)


@edge("most K tiles; weight addresses beyond 17 bits; most words of channels")
def _k_tiles(hardware: Hardware) -> Package:
    features = min(_features(hardware), hardware.wgt_depth, 1 << 18)
    net = EdgeNet(hardware, (features,), zero_point=3)
    tiles = max(min(hardware.wgt_depth // features, 2), 1)
    net.linear(INPUT, tiles * hardware.cols, bits=2, stager=Exact(widths=net.widths))
    return net.package("edge-k-tiles", 1)


@edge("most column tiles; the highest parameter addresses; a row of 65535 words")
def _column_tiles(hardware: Hardware) -> Package:
    tiles = min(COUNT.high, hardware.par_depth, hardware.wgt_depth // hardware.rows, hardware.act_depth // 2)
    net = EdgeNet(hardware, (2, 1, 1), signed=True)
    different = Different(widths=net.widths, rng=net.rng)
    net.conv2d(INPUT, tiles // hardware.groups * hardware.groups * hardware.cols, stager=different)
    return net.package("edge-column-tiles")


@edge("hundreds of channel words, in every operation")
def _channel_words(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (300 * hardware.rows + 1, 2, 3), zero_point=7)
    net.conv2d(INPUT, 3, (2, 2), padding=(1, 0), bits=3)
    net.max_pool2d(INPUT, (2, 2))
    net.average_pool2d(INPUT, (2, 2), padding=(1, 1))
    net.add(INPUT, INPUT)
    return net.package("edge-channel-words", 1)


@edge("groups: blocks of one channel, of a few, of more than a word", small=True)
def _groups(hardware: Hardware) -> Package:
    channels = 3 * hardware.rows
    net = EdgeNet(hardware, (channels, 1, 2), signed=True, zero_point=-2)
    for groups in sorted({1, 3, hardware.rows, channels}):
        net.conv2d(INPUT, 2 * channels if groups > 3 else groups, (1, 2), groups=groups, padding=(0, 1))
    return net.package("edge-groups")


@edge("channels around the rows of the array and its half, where words hold copies", small=True)
def _copies(hardware: Hardware) -> Package:
    rows = hardware.rows
    net = EdgeNet(hardware, (1, 2, 3), zero_point=1)
    for channels in sorted({rows // 2 or 1, rows // 2 + 1, rows - 1, rows, rows + 1}):
        inner = net.conv2d(INPUT, channels, (2, 1), signed=False, zero_point=5)
        net.conv2d(inner, 2, (1, 2), padding=(1, 1))
        net.average_pool2d(inner, (1, 2), channels=0)
    return net.package("edge-copies")


@edge("300 images in one run", layer="conv2d1", images=300)
def _images(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (3, 2, 2))
    net.conv2d(INPUT, 3, (2, 1), padding=(1, 0))
    return net.package("edge-images", 300)


@edge("300 images of a sum in one run", layer="add1", images=300)
def _images_of_a_sum(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (hardware.rows + 1, 2, 2))
    net.add(INPUT, INPUT)
    return net.package("edge-images-of-a-sum", 300)


@edge("600 layers")
def _layers(hardware: Hardware) -> Package:
    net = EdgeNet(hardware, (2, 1, 2))
    edge = INPUT
    for index in range(600):
        edge = net.add(edge, edge) if index % 3 else net.max_pool2d(edge, (1, 1))
    return net.package("edge-layers", 1)
