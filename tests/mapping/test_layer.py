"""The mapping, checked by walking it as the engine does: descriptor, weight rows and activation words give the conv."""

from __future__ import annotations

import re
from dataclasses import fields

import numpy as np
import pytest

from golden.errors import RangeError, UnsupportedError
from golden.mulquant import mulquant
from golden.vectors import layer_vectors
from mapping.descriptor import Descriptor
from mapping.hardware import Hardware
from mapping.layer import LayerProgram, map_layer
from tests.conftest import ROOT
from tests.random_layers import LayerShape, layer_package, random_shape


def walk(program: LayerProgram, images: np.ndarray) -> np.ndarray:
    """Interpret the descriptors in plain Python loops and return the output words (words, COLS), before clipping lanes.

    This is the engine's contract written a second time, straight from rtl/tile_loader.v and rtl/pixel_sequencer.v:
    nothing of mapping.tiles is used.
    """
    hw = program.hardware
    memory = program.activation_words(images)
    out = []
    for d in program.descriptors(len(images)):
        address = d.weight_base
        for column in range(d.col_tiles):
            acc = np.zeros((d.images * d.out_h * d.out_w, hw.cols), dtype=np.int64)
            tap = word = 0
            for _ in range(d.k_tiles):
                rows = program.weights[address : address + hw.rows]
                address += hw.rows
                for row in range(hw.rows):
                    slot = row // d.rows_per_tap
                    mine = tap + slot
                    if slot >= d.taps_per_tile or mine >= d.taps:
                        continue
                    ky, kx = divmod(mine, d.k_w)
                    for pixel in range(len(acc)):
                        n, rest = divmod(pixel, d.out_h * d.out_w)
                        oy, ox = divmod(rest, d.out_w)
                        iy = oy * d.stride_h - d.pad_h + ky * d.dil_h
                        ix = ox * d.stride_w - d.pad_w + kx * d.dil_w
                        if not (0 <= iy < d.in_h and 0 <= ix < d.in_w):
                            continue
                        base = d.origin + n * d.image_step + oy * d.row_step + ox * d.col_step
                        x = memory[base + ky * d.tap_row_step + kx * d.tap_col_step + word, row]
                        acc[pixel] += (x - d.x_zero_point) * rows[row]
                word += 1
                if word == d.ch_words:
                    word, tap = 0, tap + d.taps_per_tile
            out.append((d.param_base + column, acc))
    words = []
    for tile, acc in out:
        low = tile * hw.cols
        count = min(hw.cols, program.node.out_channels - low)
        quantised = np.zeros_like(acc)
        quant = program.node.mulquant
        part = type(quant)(
            multiplier=np.broadcast_to(quant.multiplier, program.node.out_channels)[low : low + count],
            bias=np.broadcast_to(quant.bias, program.node.out_channels)[low : low + count],
            shift=np.broadcast_to(quant.shift, program.node.out_channels)[low : low + count],
            rounding=quant.rounding,
            zero_point=quant.zero_point,
            lo=quant.lo,
            hi=quant.hi,
        )
        quantised[:, :count] = mulquant(acc[:, :count], part, channel_axis=1)
        words.append(quantised)
    return np.concatenate(words)


SHAPES = [
    LayerShape(channels=1, out=5),
    LayerShape(channels=2, out=9, kernel=(2, 3), stride=(2, 1), padding=(0, 2)),
    LayerShape(channels=9, out=4, dilation=(2, 1)),
    LayerShape(channels=8, out=8, groups=8),
    LayerShape(channels=12, out=12, groups=12),
    LayerShape(channels=10, out=15, groups=5, kernel=(1, 1), padding=(0, 0)),
    LayerShape(channels=19, out=3, linear=True),
    LayerShape(channels=3, out=17, linear=True),
    *(random_shape(seed) for seed in range(12)),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.label)
@pytest.mark.parametrize("size", [(4, 4), (8, 3), (5, 8)], ids=str)
def test_walking_the_program_gives_golden(shape: LayerShape, size: tuple[int, int]) -> None:
    package = layer_package(shape, samples=2)
    program = map_layer(package.graph, "layer", Hardware(rows=size[0], cols=size[1]))
    vectors = layer_vectors(package.graph, "layer", package.samples)
    wanted, kept = program.order.to_words(vectors.output), program.order.kept(2)
    found = walk(program, vectors.inputs[0])
    assert wanted.shape == found.shape == kept.shape
    assert kept.sum() == vectors.output.size
    assert (found[kept] == wanted[kept]).all()


def test_coordinates_are_the_inverse_of_the_order() -> None:
    package = layer_package(LayerShape(channels=2, out=11))
    order = map_layer(package.graph, "layer", Hardware(rows=4, cols=4)).order
    tensor = np.arange(3 * 11 * 6 * 6).reshape(3, 11, 6, 6)
    words, kept = order.to_words(tensor), order.kept(3)
    for word, lane in zip(*np.nonzero(kept), strict=True):
        assert tensor[order.coordinate(int(word), int(lane), 3)] == words[word, lane]


def test_the_header_of_the_rtl_lists_the_same_fields() -> None:
    text = (ROOT / "rtl" / "descriptor.vh").read_text()
    found = re.findall(r"localparam D_(\w+)\s*=\s*(\d+);", text)
    names = [field.name for field in fields(Descriptor)]
    assert [(name.lower(), int(index)) for name, index in found] == [
        *((name, index) for index, name in enumerate(names)),
        ("fields", len(names)),
    ]


def test_few_channels_share_a_tile() -> None:
    """A 3x3 layer with one channel on 16 rows takes one K tile, not nine."""
    program = map_layer(layer_package(LayerShape(channels=1, out=4)).graph, "layer", Hardware(rows=16, cols=4))
    assert len(program.weights) == 16
    assert program.descriptors(1)[0].k_tiles == 1


def test_groups_visit_only_their_own_channel_words() -> None:
    program = map_layer(
        layer_package(LayerShape(channels=16, out=16, groups=16)).graph, "layer", Hardware(rows=4, cols=4)
    )
    assert [d.ch_words for d in program.descriptors(1)] == [1, 1, 1, 1]
    assert len(program.weights) == 4 * 9 * 4


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x_w": 4}, UnsupportedError, "layer 'layer': input of 8 bits does not fit X_W = 4"),
        ({"w_w": 4}, UnsupportedError, "weight of 8 bits does not fit W_W = 4"),
        ({"scale_w": 12}, UnsupportedError, "multiplier of 16 bits does not fit SCALE_W = 12"),
        ({"bias_w": 32}, UnsupportedError, "bias of 40 bits does not fit BIAS_W = 32"),
        ({"act_depth": 8}, UnsupportedError, "one image need .* words, ACT_DEPTH = 8"),
        ({"wgt_depth": 8}, UnsupportedError, "the weights need .* words, WGT_DEPTH = 8"),
        ({"acc_w": 22}, RangeError, r"accumulator needs \d+ bits, ACC_W = 22 could overflow"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, int], error: type[Exception], text: str) -> None:
    package = layer_package(LayerShape(channels=30, out=4, size=(9, 9)))
    with pytest.raises(error, match=text):
        map_layer(package.graph, "layer", Hardware(**{"rows": 8, "cols": 8, **change}))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rows": 1}, "ROWS = 1 is outside 2..256"),
        ({"cols": 0}, "COLS = 0 is outside 1..256"),
        ({"x_w": 9}, "X_W = 9 is outside 2..8"),
        ({"acc_w": 20}, "ACC_W = 20 is not above the column sum's 20 bits"),
    ],
)
def test_hardware_that_cannot_be_built_is_refused(change: dict[str, int], text: str) -> None:
    with pytest.raises(RangeError, match=text):
        Hardware(**{"rows": 8, "cols": 8, **change})
