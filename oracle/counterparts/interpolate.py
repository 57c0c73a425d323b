"""interpolate in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart, elementwise
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.interpolate import Interpolate


@counterpart("interpolate")
def interpolate(node: Interpolate, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 7.3 of every element."""
    table, bits = node.interpolate, inputs[0].bits
    low = -(2 ** (bits - 1)) if inputs[0].signed else 0
    entries = table.entries.tolist()

    def one(x: int) -> int:
        return plain.interpolate(
            x,
            entries=entries,
            bits=bits,
            low=low,
            fraction_bits=table.fraction_bits,
            mode=table.rounding.value,
            zp=table.zero_point,
            lo=table.lo,
            hi=table.hi,
        )

    return elementwise(one, values[0])
