"""channel_gain in plain Python, and random cases for `make oracle`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from channel_gain.node import ChannelGain
from oracle.counterpart import Case, counterpart_of_sums, random_cases
from oracle.plain import Tensor
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.graph.tensor_spec import TensorSpec


@counterpart_of_sums("channel_gain")
def channel_gain(node: ChannelGain, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Channel by channel."""
    gains, zero = node.weight.tolist(), inputs[0].zero_point
    return [
        [
            [[gain * element - gain * zero for element in row] for row in plane]
            for gain, plane in zip(gains, image, strict=True)
        ]
        for image in values[0]
    ]


@random_cases("channel_gain")
def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Maps of up to 5 channels."""
    while True:
        channels = int(rng.integers(1, 6))
        shape = (channels, int(rng.integers(1, 9)), int(rng.integers(1, 9)))
        x = TensorSpec(name="x", shape=shape, bits=8, signed=True, zero_point=int(rng.integers(-128, 128)))
        quant = MulQuant(
            multiplier=rng.integers(-99, 100, channels),
            bias=rng.integers(-5000, 5000, channels),
            shift=rng.integers(0, 12, channels),
            lo=-128,
            hi=127,
        )
        node = ChannelGain(
            name="gain", inputs=("x",), output="y", weight=rng.integers(-8, 8, channels), weight_bits=4, mulquant=quant
        )
        yield Case(node=node, inputs=(x,), values=(rng.integers(-128, 128, (4, *shape)),))
