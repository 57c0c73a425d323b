"""average_pool2d as torch's quantised convolution."""

from __future__ import annotations

import numpy as np
from torch import nn

from t2c.exports.native import native_form
from t2c.exports.native_weighted import ConvolutionForm, refuse_point
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.node import AccumulatingNode
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.average_pool2d import AveragePool2d


@native_form("average_pool2d")
class NativeAveragePool2d(ConvolutionForm):
    """Depthwise, with weights of 1: the division is in the scales."""

    def module(
        self, node: AccumulatingNode, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool
    ) -> nn.Module:
        refuse_point(node)
        return super().module(node, inputs, output, blank=blank)

    def weight(self, node: AveragePool2d, x: TensorSpec) -> IntArray:
        return np.ones((x.shape[0], 1, *node.kernel), np.int64)
