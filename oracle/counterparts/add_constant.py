"""add_constant in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

from oracle import plain
from oracle.counterpart import counterpart, elementwise
from oracle.plain import Tensor
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add_constant import AddConstant


@counterpart("add_constant")
def add_constant(node: AddConstant, values: Sequence[Tensor], inputs: Sequence[TensorSpec]) -> Tensor:
    """Section 4.6, sample by sample."""
    quant, constant = node.addquant, node.constant.values.tolist()

    def one(a: int, c: int) -> int:
        product = (a - inputs[0].zero_point) * quant.multiplier_a + c * quant.multiplier_b
        rounded = plain.round_shift(product + quant.bias, quant.shift, quant.rounding.value)
        return plain.clip(rounded + quant.zero_point, quant.lo, quant.hi)

    return [elementwise(one, sample, constant) for sample in values[0]]
