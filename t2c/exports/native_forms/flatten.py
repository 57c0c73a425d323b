"""flatten as torch's."""

from __future__ import annotations

from torch import nn

from t2c.exports.native import NativeForm, native_form
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.flatten import Flatten


@native_form("flatten")
class NativeFlatten(NativeForm):
    """Exact."""

    def module(self, node: Flatten, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool) -> nn.Module:
        return nn.Flatten()
