"""Nodes whose axes all differ: shapes, windows, bounds and multiplications, and the shapes that do not go together."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, residual_add_narrow
from t2c.golden.arithmetic.softmax import SoftmaxTable
from t2c.golden.errors import ShapeError
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.golden.nodes.linear import Linear
from t2c.golden.nodes.matmul import Matmul
from t2c.golden.nodes.max_pool2d import MaxPool2d
from t2c.golden.nodes.softmax import Softmax

QUANT = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), lo=-128, hi=127)


def edge(*shape: int, zero_point: int = 0, signed: bool = True, bits: int = 8, scale: float = 1.0) -> TensorSpec:
    return TensorSpec(name="x", shape=shape, bits=bits, signed=signed, zero_point=zero_point, scale=scale)


def test_a_convolution_with_another_kernel_along_each_axis() -> None:
    weight = np.ones((4, 3, 2, 5), int)
    node = Conv2d(name="c", inputs=("x",), output="y", weight=weight, weight_bits=8, mulquant=QUANT, groups=2)
    assert node.window.kernel == (2, 5)
    assert node.output_shape([edge(6, 7, 9)]) == (4, 6, 5)
    found = node.weights
    assert (found.bits, found.groups) == (8, 2)
    assert found.values is node.weight


def test_a_max_pooling_with_padding() -> None:
    node = MaxPool2d(name="p", inputs=("x",), output="y", kernel=(2, 4), stride=(1, 3), padding=(1, 2), dilation=(1, 1))
    assert node.window.padding == (1, 2)
    assert node.output_shape([edge(3, 5, 6)]) == (3, 6, 3)


MATMUL = Matmul(name="m", inputs=("a", "b"), output="y", mulquant=QUANT)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((5,), (5,)),
        ((5,), (5, 2)),
        ((3, 5), (4, 2)),
        ((3, 5), (3, 2)),
        ((2, 3, 5), (5, 7)),
        ((2, 3, 5), (3, 5, 7)),
        ((2, 3, 5), (2, 3, 7)),
        ((5, 3, 4), (5, 5, 4)),
    ],
)
def test_matrices_that_do_not_multiply(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="do not multiply"):
        MATMUL.output_shape([edge(*a), edge(*b)])


def test_matrices_that_do() -> None:
    """The bound is K times both magnitudes; every output takes K multiplications."""
    for batch in ((), (2,), (2, 4)):
        a = edge(*batch, 3, 5, signed=True, zero_point=0)
        b = edge(*batch, 5, 7, signed=False, zero_point=255)
        assert MATMUL.output_shape([a, b]) == (*batch, 3, 7)
        assert MATMUL.worst_accumulator([a, b]) == 5 * 128 * 255
        assert MATMUL.macs([a, b]) == int(np.prod(batch)) * 3 * 7 * 5


@pytest.mark.parametrize("kind", [Linear, Conv2d])
def test_the_bound_takes_weights_of_both_signs(kind: type[Linear] | type[Conv2d]) -> None:
    """By magnitude, for the channel that can reach most; a sum of weights alone would let an overflow pass."""
    axes = (1, 1) if kind is Conv2d else ()
    weight = np.array([[3, -5], [2, 2], [-1, 1]]).reshape(3, 2, *axes)
    node = kind(name="n", inputs=("x",), output="y", weight=weight, weight_bits=8, mulquant=QUANT)
    assert node.worst_accumulator([edge(2, *axes)]) == (3 + 5) * 128
    unsigned = edge(2, *axes, signed=False, zero_point=255)
    assert node.worst_accumulator([unsigned]) == (3 + 5) * 255
    x = np.array([255, 0]).reshape(1, 2, *axes)
    assert abs(int(node.accumulate([x], [unsigned]).flat[0])) == 5 * 255


def test_features_that_do_not_fit() -> None:
    node = Linear(name="l", inputs=("x",), output="y", weight=np.ones((2, 3), int), weight_bits=8, mulquant=QUANT)
    with pytest.raises(ShapeError, match=r"weight: shape \(2, 3\) does not fit 4 input features"):
        node.output_shape([edge(4)])


def test_a_table_as_deep_as_the_input_has_values() -> None:
    table = SoftmaxTable(exp=np.ones(16, int), exponent_bits=4, output_bits=4, reciprocal_bits=10)
    node = Softmax(name="s", inputs=("x",), output="y", softmax=table)
    output = edge(3, signed=False, bits=4, scale=2.0**-4)
    node.check_numbers([edge(3, bits=4)], output)
    with pytest.raises(ShapeError, match="16 entries for an input of 3 bits"):
        node.check_numbers([edge(3, bits=3)], output)


def test_a_sum_of_nothing_is_legal() -> None:
    quant = AddQuant(multiplier_a=0, multiplier_b=0, bias=0, shift=0, lo=-128, hi=127)
    assert residual_add_narrow([3], [5], quant).tolist() == [0]
