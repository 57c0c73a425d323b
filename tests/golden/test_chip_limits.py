"""Descriptions of chips that cannot be, and packages held against one: each limit in its own line."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.common.strict_yaml import YamlError
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.package import load_package
from t2c.golden.target.check import misfits
from t2c.golden.target.description import load_chip
from t2c.golden.target.limits import ChipLimits, Clip, MultiplierLimits
from tests.every_op import every_op_package

S8, U8 = IntFormat(bits=8, signed=True), IntFormat(bits=8, signed=False)
FIRST = RequantiserOrder(bias_first=True)


def written(folder: Path, text: str) -> Path:
    path = folder / "chip.yaml"
    path.write_text(text)
    return path


def test_a_whole_description(tmp_path: Path) -> None:
    text = (
        "multiplier: {bits: 12, signed: false, power_of_two: true}\nper: layer\nshift: [8, 23]\n"
        "bias: 24\norder: bias_first\nrounding: [floor, double]\nsaturate: {operand: 16, sum: 40}\naccumulator: 30\n"
        "activations: [s8, u4]\nzero_point: none\nweights: 4\nclip: relu\noperations: conv2d\n"
        "reference: {conv1: mine.py:conv, 'op:add': mine.py:add}\n"
    )
    assert load_chip(written(tmp_path, text)) == ChipLimits(
        name="chip",
        multiplier=MultiplierLimits(bits=12, signed=False, power_of_two=True),
        per_layer=True,
        shift=(8, 23),
        bias=24,
        order=RequantiserOrder(bias_first=True, operand_bits=16, sum_bits=40),
        rounding=(Rounding.FLOOR, Rounding.DOUBLE),
        accumulator=30,
        activations=(S8, IntFormat(bits=4, signed=False)),
        zero_points=False,
        weights=4,
        clip=Clip.RELU,
        operations=("conv2d",),
        references={"conv1": f"{tmp_path}/mine.py:conv", "op:add": f"{tmp_path}/mine.py:add"},
    )


def test_what_is_not_said_is_no_limit(tmp_path: Path) -> None:
    chip = load_chip(written(tmp_path, "per: channel\n"))
    assert chip == ChipLimits(name="chip")
    assert misfits(every_op_package().graph, chip) == []
    assert load_chip(written(tmp_path, "multiplier: none\nbias: none\nshift: 4\n")) == ChipLimits(
        name="chip",
        multiplier=MultiplierLimits(bits=1, signed=False, power_of_two=True),
        bias=0,
        shift=(4, 4),
    )


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("", None, "the file is empty"),
        ("multiplier: {bits: 12}\nshfit: 3\n", 2, "unknown field 'shfit'; there are multiplier, per, shift"),
        ("multiplier:\n  bits: twelve\n", 2, "bits: 'twelve' is not an integer"),
        ("multiplier:\n  bits: 33\n", 2, "multiplier: bits = 33 is outside 2..32"),
        ("multiplier:\n  signed: false\n  bits: 32\n", 3, "multiplier: bits = 32 is outside 1..31"),
        ("multiplier: {signed: 1}\n", 1, "signed: 1: a text is wanted"),
        ("multiplier: some\n", 1, "multiplier: 'some' is not one of none"),
        ("shift: [3, 2, 1]\n", 1, "shift: [LEAST, LARGEST], or one number, is wanted"),
        ("per: layer\nshift: [9, 8]\n", 2, "shift: 9 is above 8"),
        ("per: layer\nshift: [0, 64]\n", 2, "shift: largest = 64 is outside 0..63"),
        ("per: layer\nbias: 1\n", 2, "bias = 1 is outside 2..64"),
        ("bias: {bits: 2}\n", 1, "bias: a text or an integer is wanted"),
        ("order: last\n", 1, "order: 'last' is not one of scale_first, bias_first"),
        ("rounding: [half_up, up]\n", 1, "rounding: 'up' is not one of floor, half_up, half_even, half_away, double"),
        ("rounding: []\n", 1, "rounding: there is no mode"),
        ("saturate: {operand: 1}\n", 1, "saturate: operand_bits = 1 is outside 2..62"),
        ("saturate: 16\n", 1, "saturate: 'key: value' entries are wanted"),
        ("per: layer\naccumulator: 49\n", 2, "accumulator = 49 is outside 8..48"),
        ("activations: [s8,\n  i8]\n", 2, "activations: 'i8' is no format such as s8 or u8"),
        ("activations: [s8, u80]\n", 1, "activations: u80: bits = 80 is outside 2..16"),
        ("activations: [s17]\n", 1, "activations: s17: bits = 17 is outside 2..16"),
        ("zero_point: some\n", 1, "zero_point: 'some' is not one of any, none"),
        ("weights: 9\n", 1, "weights = 9 is outside 2..8"),
        ("clip: tight\n", 1, "clip: 'tight' is not one of any, relu, format"),
        ("reference:\n  conv1: mine.py\n", 2, "reference: conv1: 'mine.py' is not FILE.py:FUNCTION"),
    ],
)
def test_a_description_that_cannot_be_used_is_one_line(
    tmp_path: Path, text: str, line: int | None, complaint: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(YamlError) as refused:
        load_chip(path)
    assert str(refused.value).startswith(f"{path}{f':{line}' if line else ''}: {complaint}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("limits", "line"),
    [
        (
            {"multiplier": MultiplierLimits(bits=12, signed=False)},
            "layer 'conv1': multiplier[0] = 16392 (multiplier: u12)",
        ),
        (
            {"multiplier": MultiplierLimits(power_of_two=True)},
            "layer 'conv1': multiplier[0] = 16392 (multiplier: s32, powers of two)",
        ),
        ({"per_layer": True}, "layer 'conv1': 16 multipliers for 16 channels (per: layer)"),
        ({"shift": (0, 22)}, "layer 'conv1': shift[1] = 23 (shift: [0, 22])"),
        ({"bias": 16}, "layer 'conv1': bias[0] = -8332341 (bias: 16)"),
        ({"bias": 0}, "layer 'conv1': bias[0] = -8332341 (bias: none)"),
        (
            {"bias": 16, "order": FIRST},
            "layer 'conv1': a bias is no multiple of its multiplier (bias: 16, bias_first)",
        ),
        (
            {"rounding": (Rounding.FLOOR, Rounding.HALF_EVEN)},
            "layer 'conv1': rounding half_up (rounding: floor, half_even)",
        ),
        ({"accumulator": 18}, "layer 'conv1': sums of 19 bits (accumulator: 18)"),
        ({"activations": (S8,)}, "layer 'input': tensor 'input' is u8 (activations: s8)"),
        ({"weights": 7}, "layer 'conv1': weights of 8 bits (weights: 7)"),
        ({"operations": ("conv2d", "add")}, "layer 'max_pool': operation max_pool2d (operations: conv2d, add)"),
    ],
)
def test_each_limit_is_named_with_its_layer(limits: dict[str, object], line: str) -> None:
    found = misfits(load_package("examples/digits_w8a8").graph, ChipLimits(**limits))  # type: ignore[arg-type]
    assert str(found[0]) == line


def test_zero_points_and_clips_are_limits_too() -> None:
    graph = every_op_package().graph
    first = misfits(graph, ChipLimits(zero_points=False))[0]
    assert str(first) == "layer 'x': tensor 'x' has zero point 7 (zero_point: none)"
    whole = [m for m in misfits(graph, ChipLimits(clip=Clip.FORMAT)) if m.layer == "sum"]
    assert [str(m) for m in whole] == ["layer 'sum': results are clipped to 4..60 (clip: format)"]
    digits = load_package("examples/digits_w8a8").graph
    assert misfits(digits, ChipLimits(clip=Clip.RELU, activations=(S8, U8))) == []


def test_half_up_and_double_are_one_up_to_a_shift_of_31() -> None:
    digits = load_package("examples/digits_w8a8").graph
    assert misfits(digits, ChipLimits(rounding=(Rounding.DOUBLE,))) == []
    assert ChipLimits(rounding=(Rounding.DOUBLE,)).rounds(Rounding.HALF_UP, 31)
    assert not ChipLimits(rounding=(Rounding.DOUBLE,)).rounds(Rounding.HALF_UP, 32)


def test_a_sum_that_the_chip_saturates_and_the_package_does_not() -> None:
    digits = load_package("examples/digits_w8a8").graph
    assert misfits(digits, ChipLimits(order=RequantiserOrder(operand_bits=24))) == []
    found = misfits(digits, ChipLimits(order=RequantiserOrder(operand_bits=16)))
    assert {m.layer for m in found} == {"conv1", "conv2", "conv3", "fc"}
    assert str(found[0]).startswith("layer 'conv1': channel 0: sums reach -")
    assert str(found[0]).endswith("(saturate: operand 16)")


def test_a_layer_with_a_function_of_its_own_is_not_held_to_the_requantiser() -> None:
    digits = load_package("examples/digits_w8a8").graph
    chip = ChipLimits(per_layer=True, references={"conv1": "mine.py:conv", "op:linear": "mine.py:fc"})
    assert {m.layer for m in misfits(digits, chip)} == {"conv2", "conv3"}
