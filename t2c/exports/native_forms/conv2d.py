"""conv2d as torch's quantised convolution."""

from __future__ import annotations

from t2c.exports.native import native_form
from t2c.exports.native_weighted import ConvolutionForm
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d


@native_form("conv2d")
class NativeConv2d(ConvolutionForm):
    """Its own weights."""

    def weight(self, node: Conv2d, x: TensorSpec) -> IntArray:
        return node.weight
