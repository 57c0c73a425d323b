"""Elements: each against its formula in plain integers, layers on them, what packages hold of them, what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.common.errors import SettingError, UserError
from t2c.contract.hardware import Hardware
from t2c.golden.elements import ELEMENTS, Element
from t2c.golden.elements.columns import columns_of, find_element
from t2c.golden.errors import PackageError, RangeError
from t2c.golden.graph.package import load_package, save_package
from t2c.target.element_fit import fit_package
from tests.element_net import WIDTH, element_package, legal

OURS = ("adc_column", "mac", "sp2", "truncated", "two_of_four")
INEXACT = ("adc_column", "truncated")
Plain = Callable[[Sequence[int], Sequence[int]], int]


def plain_truncated(a: Sequence[int], w: Sequence[int]) -> int:
    """Bit by bit of an 8-bit two's complement weight: below column 4 a row of partial products is cut."""
    total = 0
    for bit in range(8):
        if w[0] % 256 & 1 << bit:
            row = (a[0] * 2**bit) // 16 * 16
            total += -row if bit == 7 else row
    return total


def plain_adc(a: Sequence[int], w: Sequence[int]) -> int:
    line = sum(x * y for x, y in zip(a, w, strict=True))
    code = (line + 128) // 256
    return 256 * max(-128, min(127, code))


def plain_product(a: Sequence[int], w: Sequence[int]) -> int:
    return sum(x * y for x, y in zip(a, w, strict=True))


PLAIN: dict[str, Plain] = {
    "adc_column": plain_adc,
    "mac": plain_product,
    "sp2": plain_product,
    "truncated": plain_truncated,
    "two_of_four": plain_product,
}


@pytest.mark.parametrize("name", OURS)
def test_sums_are_those_of_the_formula(name: str) -> None:
    element, rng = find_element(name), np.random.default_rng(1)
    weights = legal(element, rng, 400, element.span, w_w=WIDTH.get(name, 8))
    operands = rng.integers(-256, 256, (400, element.span))
    operands[:40] = rng.choice((-256, 255, -1, 0), (40, element.span))
    expected = [PLAIN[name](a, w) for a, w in zip(operands.tolist(), weights.tolist(), strict=True)]
    assert element.sums(operands, weights).tolist() == expected
    assert np.abs(expected).max() <= element.bound(9, WIDTH.get(name, 8))


def test_what_there_is() -> None:
    assert tuple(name for name in ELEMENTS.names() if name in OURS) == OURS


@pytest.mark.parametrize(("name", "w_w"), [("two_of_four", 8), ("two_of_four", 4), ("sp2", 4), ("truncated", 8)])
def test_codes_are_one_to_one(name: str, w_w: int) -> None:
    element = find_element(name)
    weights = legal(element, np.random.default_rng(2), 3000, element.span, w_w=w_w)
    codes = element.encode(weights, w_w)
    assert 0 <= codes.min() <= codes.max() < 1 << element.code_bits(w_w)
    assert np.array_equal(element.decode(codes, w_w), weights)


def test_a_sparse_code_takes_five_eighths_at_8_bits() -> None:
    element = find_element("two_of_four")
    assert element.code_bits(8) / (4 * 8) == 0.625


@pytest.mark.parametrize("name", INEXACT)
def test_a_convolution_is_the_plain_sum_over_elements(name: str) -> None:
    """One output at a time: `span` channels of one tap an element, from channel 0 on, padding and groups included."""
    package = element_package(name)
    span, images = find_element(name).span, package.samples[:1]
    values = package.graph.run(images)
    for layer in ("stem", "middle", "pairs"):
        node = package.graph.node(layer)
        (edge,) = package.graph.inputs_of(node)
        x = (values[edge.name][0] - edge.zero_point).tolist()
        acc = node.accumulate([values[edge.name]], [edge])[0]
        channels, per_group = len(x), node.weight.shape[1]
        (top, _), (left, _) = node.window.pads
        for out, y, column in itertools.product(range(0, len(acc), 3), range(acc.shape[1]), range(acc.shape[2])):
            first, total = out // (len(acc) // node.groups) * per_group, 0
            for i, j in itertools.product(range(node.weight.shape[2]), range(node.weight.shape[3])):
                row, col = y * node.stride[0] + i - top, column * node.stride[1] + j - left
                inside = 0 <= row < len(x[0]) and 0 <= col < len(x[0][0])
                for start in range(0, channels, span):
                    mine = range(start, start + span)
                    a = [x[c][row][col] if inside and c < channels else 0 for c in mine]
                    w = [int(node.weight[out, c - first, i, j]) if first <= c < first + per_group else 0 for c in mine]
                    total += PLAIN[name](a, w)
            assert acc[out, y, column] == total, (layer, out, y, column)


@pytest.mark.parametrize("name", OURS)
def test_a_package_keeps_the_element(name: str, tmp_path: Path) -> None:
    package = element_package(name)
    save_package(package, tmp_path / "package")
    loaded = load_package(tmp_path / "package")
    assert loaded.graph.node("stem").element == name
    result = package.graph.run(package.samples)["logits"]
    assert np.array_equal(loaded.graph.run(loaded.samples)["logits"], result)


def test_weights_that_the_element_does_not_hold_are_no_package() -> None:
    node = element_package("two_of_four").graph.node("stem")
    full = np.ones_like(node.weight)
    with pytest.raises(RangeError, match=r"weight: output 0, channels 0\.\.: .* element 'two_of_four' does not hold"):
        replace(node, weight=full)
    with pytest.raises(RangeError, match="element: 'abacus' is not one of adc_column, mac, sp2, truncated"):
        replace(node, element="abacus")


def test_an_unknown_element_in_a_file_is_one_line(tmp_path: Path) -> None:
    save_package(element_package("truncated"), tmp_path / "package")
    path = tmp_path / "package" / "graph.json"
    path.write_text(path.read_text().replace('"element": "truncated"', '"element": 7'))
    with pytest.raises(PackageError):
        load_package(tmp_path / "package")


@pytest.mark.parametrize(
    ("text", "cols", "message"),
    [
        ("abacus", 8, "element 'abacus' is not one of"),
        ("mac:4,sp2:3", 8, r"4 \+ 3 columns, COLS = 8"),
        ("mac:4,sp2", 8, "'sp2' has no :COUNT"),
        ("mac:8,sp2:0", 8, r"8 \+ 0 columns"),
        ("mac:4,two_of_four:4", 8, "'mac' has 1 operands an element, 'two_of_four' 4"),
        ("mac:4,truncated:4", 8, "'truncated' has sums of its own; columns of several kinds are exact"),
        ("none.yaml", 8, "none.yaml: No such file"),
    ],
)
def test_columns_that_do_not_go_together_are_one_line(text: str, cols: int, message: str) -> None:
    with pytest.raises((SettingError, UserError), match=message):
        columns_of(text, cols, 4)


def test_hardware_refuses_what_the_array_cannot_have() -> None:
    with pytest.raises(UserError, match="W_W = 8, it takes 4"):
        Hardware(rows=8, cols=8, element="sp2")
    with pytest.raises(RangeError, match="ROWS = 6 is not a multiple of the 4 rows of element 'two_of_four'"):
        Hardware(rows=6, cols=3, element="two_of_four")


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(("name", "w_w"), [("sp2", 4), ("two_of_four", 8), ("truncated", 8), ("adc_column", 8)])
def test_a_package_made_for_an_element_computes_nearly_the_same(name: str, w_w: int, examples: Path) -> None:
    package = load_package(examples / "digits_w8a8")
    made, fits = fit_package(package, find_element(name), w_w, images=32)
    assert [fit.layer for fit in fits] == ["conv1", "conv2", "conv3", "fc"]
    outputs = made.graph.run(package.samples[32:])[made.graph.output]
    assert (outputs.argmax(axis=1) == package.labels[32:]).mean() > 0.9
    assert {node.element for node in made.graph.nodes if node.weights} == {name}


def test_what_cannot_be_fitted_is_one_line(examples: Path) -> None:
    package = load_package(examples / "digits_w8a8")
    with pytest.raises(UserError, match=r"images = 0 is not in 1\.\.359"):
        fit_package(package, find_element("sp2"), 4, images=0)

    class Together(Element):
        """Holds four weights only if they are alike."""

        name, module, span = "together", "together_pe", 4

        def legal(self, weights: np.ndarray, w_w: int) -> np.ndarray:
            return np.asarray((weights == weights[..., :1]).all(axis=-1))

        def code_bits(self, w_w: int) -> int:
            return w_w

        def encode(self, weights: np.ndarray, w_w: int) -> np.ndarray:
            return weights[..., 0] & ((1 << w_w) - 1)

        def decode(self, codes: np.ndarray, w_w: int) -> np.ndarray:
            return np.repeat(codes[..., np.newaxis], 4, axis=-1)

    with pytest.raises(UserError, match="element 'together' holds only some weights together"):
        fit_package(package, Together(), 8, images=1)
