"""A network of views, joins and constant operands: each way in which the core reads and writes them at least once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.package import Package
from t2c.golden.nodes.concat import Concatenate
from t2c.tb.random_models.token_builder import POINT, TokenBuilder

_AROUND = Window(kernel=(3, 3), padding=(1, 1))


class JoinBuilder(TokenBuilder):
    """Grows a graph with joins."""

    def concat(self, *sources: str, axis: int) -> str:
        """Tensors joined along an axis; they are read as the first one is."""
        return self._passing(Concatenate(**self._names("concat", *sources), axis=axis))

    def alike(self, source: str, out: int, like: str) -> str:
        """A convolution whose output is read as that of another tensor, so that both can be joined."""
        edge = self._edges[like]
        reading = {"bits": edge.bits, "signed": edge.signed, "zero_point": edge.zero_point, "scale": edge.scale}
        return self.conv2d(source, out, POINT, reading=reading)


def joined_network(seed: int) -> Package:
    """Constants and formats follow from the seed, the network does not."""
    net = JoinBuilder(np.random.default_rng((7, seed)), (3, 6, 5))
    one = net.conv2d(net.slice("input", 0, 1, 2), 8, _AROUND)
    two = net.alike(one, 8, one)
    both = net.concat(one, two, axis=0)
    far = net.conv2d(net.slice(both, 0, 11, 5), 8, _AROUND)
    stacked = net.concat(both, net.alike(far, 16, one), axis=1)
    low = net.conv2d(net.slice(stacked, 1, 4, 6), 8, POINT)
    twice = net.concat(low, low, axis=2)
    placed = net.add_constant(net.concat_constant(twice, 2, first=False, axis=2))
    large = net.conv2d(placed, 48, POINT)
    net.max_pool2d(net.add_constant(net.slice(large, 0, 5, 9)), Window(kernel=(2, 2)))
    tokens = net.reshape(placed, 8, 72, 1)
    mixed = net.dense(net.concat_constant(tokens, 1, first=True), 8)
    spread = net.dense(net.slice(mixed, 1, 0, 40), 40)
    part = net.slice(spread, 0, 16, 20)
    net.linear(net.flatten(net.conv2d(part, 4, Window(kernel=(3, 1), stride=(4, 1)))), 5)
    made = net.package(f"joined-{seed}")
    return replace(made, description="views, joins, constant operands")
