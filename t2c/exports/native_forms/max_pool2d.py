"""max_pool2d as torch's max pool, which takes quantised tensors."""

from __future__ import annotations

from torch import nn

from t2c.exports.native import NativeForm, native_form
from t2c.exports.native_weighted import refuse_point, symmetric_padding
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.max_pool2d import MaxPool2d


@native_form("max_pool2d")
class NativeMaxPool2d(NativeForm):
    """Exact."""

    def module(self, node: MaxPool2d, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool) -> nn.Module:
        refuse_point(node)
        padding = symmetric_padding(node)
        if node.dilation != (1, 1) and padding != (0, 0):
            raise UnsupportedError(f"node {node.name!r}: QNNPACK's max pool is wrong with padding and dilation")
        return nn.MaxPool2d(node.kernel, node.stride, padding, node.dilation)
