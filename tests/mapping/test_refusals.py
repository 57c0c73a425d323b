"""What does not fit is refused with the layer and the memory by name; what cannot be built is refused at once."""

from __future__ import annotations

import re

import pytest

from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.hardware import Hardware
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.mapping.compiler import compile_program
from tests.core_net import core_package
from tests.every_op import every_op_package
from tests.random_layers import LayerShape, layer_package


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x_w": 4}, UnsupportedError, "layer 'layer': input 'x' of 8 bits does not fit X_W = 4"),
        ({"w_w": 4}, UnsupportedError, "layer 'layer': weight of 8 bits does not fit W_W = 4"),
        ({"scale_w": 12}, UnsupportedError, "layer 'layer': multiplier of 16 bits does not fit SCALE_W = 12"),
        ({"bias_w": 32}, UnsupportedError, "layer 'layer': bias of 40 bits does not fit BIAS_W = 32"),
        ({"acc_w": 22}, RangeError, "layer 'layer': accumulator needs 24 bits, ACC_W = 22 could overflow"),
        ({"act_depth": 8}, UnsupportedError, "layer 'layer': ACT_DEPTH = 8 words hold not even one row of its"),
        ({"wgt_depth": 8}, UnsupportedError, "layer 'layer': WGT_DEPTH = 8 rows do not hold the 72 of one"),
        ({"cols": 1, "par_depth": 4}, UnsupportedError, "layer 'layer': PAR_DEPTH = 4 holds not one word of constants"),
        ({"cols": 4, "wgt_depth": 72}, UnsupportedError, "layer 'layer': WGT_DEPTH = 72 rows do not hold the 576 of"),
        ({"wgt_depth": 72, "acc_depth": 4}, UnsupportedError, "layer 'layer': ACC_DEPTH = 4 does not hold a row of 9"),
        ({"prg_depth": 64}, UnsupportedError, f"the program has {4 * DESCRIPTOR_WORDS} words, PRG_DEPTH = 64"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(change: dict[str, int], error: type[Exception], text: str) -> None:
    package = layer_package(LayerShape(channels=30, out=4, size=(9, 9)))
    with pytest.raises(error, match=re.escape(text)):
        compile_program(package.graph, "layer", Hardware(**{"rows": 8, "cols": 8, **change}))


@pytest.mark.parametrize(("padding", "around"), [((1, 1), 2), ((0, 3, 0, 1), 3), ((2, 0, 1, 1), 4)])
def test_a_map_that_is_too_long_with_its_padding(padding: tuple[int, ...], around: int) -> None:
    shape = LayerShape(channels=1, out=1, kernel=(1, 1), size=(32766, 1), padding=padding)
    text = f"^layer 'layer': an input of 32766 pixels and {around} of padding; the core takes 32767 in all$"
    with pytest.raises(UnsupportedError, match=text):
        compile_program(layer_package(shape).graph, "layer", Hardware(rows=4, cols=4))


def test_more_images_than_the_memory_holds() -> None:
    package = layer_package(LayerShape(channels=3, out=6))
    with pytest.raises(UnsupportedError, match="layer 'layer': ACT_DEPTH = 200 words do not hold 2 images"):
        compile_program(package.graph, "layer", Hardware(rows=4, cols=4, act_depth=200), batch=2)


@pytest.mark.parametrize("layer", ["all", "product"])
def test_a_product_whose_weights_have_a_zero_point_is_refused(layer: str) -> None:
    with pytest.raises(
        UnsupportedError,
        match=r"^layer 'product': the second operand 'mean' has the zero point -5, the core takes 0 alone$",
    ):
        compile_program(every_op_package().graph, layer, Hardware(rows=8, cols=8))


def test_a_flatten_alone_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="layer 'flat': flatten moves no data; there is nothing to run"):
        compile_program(core_package().graph, "flat", Hardware(rows=8, cols=8))


def test_an_unknown_layer_lists_the_layers() -> None:
    with pytest.raises(KeyError, match="stem, depthwise, grouped"):
        compile_program(core_package().graph, "foo", Hardware())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rows": 1, "cols": 1}, "ROWS = 1 is outside 2..256"),
        ({"rows": 257}, "ROWS = 257 is outside 2..256"),
        ({"cols": 0}, "COLS = 0 is outside 1..256"),
        ({"cols": 3}, "ROWS = 8 is not a multiple of COLS = 3"),
        ({"cols": 16}, "ROWS = 8 is not a multiple of COLS = 16"),
        ({"x_w": 9}, "X_W = 9 is outside 2..8"),
        ({"w_w": 1}, "W_W = 1 is outside 2..8"),
        ({"acc_w": 20}, "ACC_W = 20 is not above the column sum's 20 bits"),
        ({"acc_w": 49}, "ACC_W = 49 is outside 8..48"),
        ({"act_depth": 1}, "ACT_DEPTH = 1 is outside 2..16777216"),
        ({"wgt_depth": (1 << 24) + 1}, "WGT_DEPTH = 16777217 is outside 2..16777216"),
        ({"par_depth": 3}, "PAR_DEPTH = 3 is outside 4..16777216"),
        (
            {"prg_depth": DESCRIPTOR_WORDS - 1},
            f"PRG_DEPTH = {DESCRIPTOR_WORDS - 1} is outside {DESCRIPTOR_WORDS}..16777216",
        ),
        ({"acc_depth": 1 << 17}, "ACC_DEPTH = 131072 is outside 2..65536"),
        ({"acc_depth": 7}, "ACC_DEPTH = 7 is odd"),
    ],
)
def test_hardware_that_cannot_be_built_is_refused(change: dict[str, int], text: str) -> None:
    with pytest.raises(RangeError, match=re.escape(text)):
        Hardware(**{"rows": 8, "cols": 8, **change})


def test_figures_of_the_hardware() -> None:
    hardware = Hardware(rows=6, cols=3, x_w=5, w_w=8)
    assert (hardware.psum_w, hardware.groups, hardware.stream_w, hardware.param_w) == (17, 2, 30, 62)
    assert hardware.param_beats == 7
    assert Hardware(rows=2, cols=2, x_w=2, w_w=8).stream_w == 16
    assert [Hardware(acc_depth=4).blocks(pixels) for pixels in (3, 4, 9)] == [[3], [4], [4, 4, 1]]
    assert hardware.parameters()["ACT_DEPTH"] == hardware.act_depth
