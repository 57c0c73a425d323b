"""layer_norm in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart_of_sums
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.layer_norm import LayerNorm


@counterpart_of_sums("layer_norm")
def layer_norm(node: LayerNorm, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 8.1 up to t: the channels of every pixel are a row."""
    norm, shape = node.norm, list(inputs[0].shape)

    def sample(x: Tensor) -> Tensor:
        rows = zip(*(plain.flat(channel) for channel in x), strict=True)
        done = [
            plain.layer_norm_row(
                list(row), epsilon=norm.epsilon, root_bits=norm.root_bits, fraction_bits=norm.fraction_bits
            )
            for row in rows
        ]
        return plain.folded([t for channel in zip(*done, strict=True) for t in channel], shape)

    return [sample(x) for x in values[0]]
