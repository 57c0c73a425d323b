"""add as torch's quantised addition."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.ao.nn import quantized as nnq

from t2c.exports.native import NativeForm, clips_at_zero_point, native_form, offset_of
from t2c.exports.native_weighted import check_output, steps_allowed
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.add import Add

ADD_ERROR = 2.0**-8
"""Output steps that an add loses: QNNPACK's multipliers have 22 bits, its operands 8."""


class QuantizedAdd(nn.Module):
    """Sum of two quint8 tensors, at one output scale. relu: clip at the output's zero point."""

    def __init__(self, relu: bool) -> None:
        super().__init__()
        self.relu, self.functional = relu, nnq.QFunctional()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        result: Tensor = (self.functional.add_relu if self.relu else self.functional.add)(a, b)
        return result


def add_error(node: Add, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> float:
    """Return how far, in output steps, the real sum of two edges can lie from what AddQuant computes."""
    add = node.addquant
    step = 2.0**-add.shift
    pairs = zip((add.multiplier_a, add.multiplier_b), inputs, strict=True)
    return abs(add.bias) * step + sum(
        edge.magnitude * abs(multiplier * step - edge.scale / output.scale) for multiplier, edge in pairs
    )


@native_form("add")
class NativeAdd(NativeForm):
    """Torch adds by the scales of the edges, where these say nearly what AddQuant does."""

    def module(self, node: Add, inputs: tuple[TensorSpec, ...], output: TensorSpec, *, blank: bool) -> nn.Module:
        module = QuantizedAdd(clips_at_zero_point(node, node.addquant, output))
        error = add_error(node, inputs, output)
        if error >= 0.5:
            raise UnsupportedError(
                f"node {node.name!r}: torch adds by the edges' scales, which is up to {error:.2g} steps from AddQuant"
            )
        if not blank:
            module.functional.scale, module.functional.zero_point = output.scale, output.zero_point + offset_of(output)
        return module

    def bound(self, node: Add, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> int:
        return steps_allowed(node.addquant.rounding, add_error(node, inputs, output) + ADD_ERROR)

    def check(self, place: str, node: Any, inputs: tuple[TensorSpec, ...], module: Any, made: Any) -> None:
        check_output(place, module.functional, made.functional)
