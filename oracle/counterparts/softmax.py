"""softmax in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.softmax import Softmax


@counterpart("softmax")
def softmax(node: Softmax, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 7.1 for every row of the last axis."""
    table = node.softmax

    def rows(part: Tensor) -> Tensor:
        if isinstance(part[0], list):
            return [rows(inner) for inner in part]
        return plain.softmax(
            part,
            exp=table.exp.tolist(),
            exponent_bits=table.exponent_bits,
            output_bits=table.output_bits,
            reciprocal_bits=table.reciprocal_bits,
            mode=table.rounding.value,
        )

    return rows(values[0])
