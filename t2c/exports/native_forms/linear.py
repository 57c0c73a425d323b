"""linear as torch's quantised linear layer."""

from __future__ import annotations

from typing import Any

from torch.ao.nn import quantized as nnq
from torch.ao.nn.intrinsic import quantized as nniq

from t2c.exports.native import native_form
from t2c.exports.native_weighted import WeightedForm
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.linear import Linear


@native_form("linear")
class NativeLinear(WeightedForm):
    """Its own weights."""

    def weight(self, node: Linear, x: TensorSpec) -> IntArray:
        return node.weight

    def layer(self, node: Linear, weight: IntArray, *, relu: bool) -> Any:
        kind: Any = nniq.LinearReLU if relu else nnq.Linear
        return kind(weight.shape[1], weight.shape[0])
