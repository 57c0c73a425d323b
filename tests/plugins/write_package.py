"""Write a package that holds a channel_gain between nodes of ours: `python write_package.py FOLDER`."""

from __future__ import annotations

import sys

from channel_gain.node import ChannelGain

from t2c.golden.graph.package import save_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.flatten import Flatten
from t2c.golden.nodes.linear import Linear
from tests.core_net import Net


def edge(name: str, bits: int, signed: bool, zero_point: int) -> TensorSpec:
    return TensorSpec(name=name, shape=(1,), bits=bits, signed=signed, zero_point=zero_point)


net = Net(TensorSpec(name="x", shape=(3, 6, 5), bits=8, signed=False, zero_point=7), samples=2, seed=3)
net.node(Conv2d, edge("conv", 8, True, -3), "x", **net.weight(8, 6, 3, 3, 3), padding=(1, 1))
net.node(ChannelGain, edge("gain", 7, True, 4), "conv", **net.weight(5, 6))
net.node(Flatten, edge("flat", 7, True, 4), "gain")
net.node(Linear, edge("y", 8, True, 5), "flat", **net.weight(8, 4, net.edges["flat"].shape[0]))
save_package(net.package("with-channel-gain"), sys.argv[1])
