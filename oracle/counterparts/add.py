"""add in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart, elementwise
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add


@counterpart("add")
def add(node: Add, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 4.4."""
    quant, zps = node.addquant, (inputs[0].zero_point, inputs[1].zero_point)

    def one(a: int, b: int) -> int:
        return plain.residual_add(
            a,
            b,
            zps=zps,
            ms=(quant.multiplier_a, quant.multiplier_b),
            bias=quant.bias,
            s=quant.shift,
            mode=quant.rounding.value,
            zp=quant.zero_point,
            lo=quant.lo,
            hi=quant.hi,
        )

    return elementwise(one, *values)
