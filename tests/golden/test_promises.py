"""What golden promises beside its values: types, whose memory a result is, what is kept, what cannot be written to.

Most of these were found by `make mutate UNIT=golden`: each kills mutants that no comparison of values notices.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from t2c.golden.arithmetic import blocks, conv, im2col, workspace
from t2c.golden.arithmetic.conv import conv2d, prepare_conv2d
from t2c.golden.arithmetic.conv_ways import KNOWN
from t2c.golden.arithmetic.exact import masses, product
from t2c.golden.arithmetic.formats import integers
from t2c.golden.arithmetic.gemm import gemm
from t2c.golden.arithmetic.im2col import make_frame
from t2c.golden.arithmetic.lut import sigmoid
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.pooling import max_pool2d
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError

INTEGERS = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_keep_their_type(dtype: type[np.generic]) -> None:
    x = np.ones((1, 1, 3, 3), dtype)
    assert integers("x", x) is x
    for padding in ((0, 0), (1, 1)):
        assert max_pool2d(x, Window(kernel=(2, 2), padding=padding)).dtype == dtype
    assert integers("x", x.astype(np.uint64)).dtype == np.int64


def test_sums_of_magnitudes_have_the_type_of_the_weights() -> None:
    for dtype in (np.float32, np.float64):
        assert masses(np.ones((2, 65), dtype)).dtype == dtype


def test_a_product_in_one_part_is_written_to_out_and_one_in_parts_is_of_integers() -> None:
    weights, columns = np.full((2, 8), 3, np.float32), np.full((8, 5), -2, np.float32)
    out = np.zeros((2, 5), np.float32)
    whole = product(weights, columns, [slice(0, 8)], out)
    assert np.shares_memory(whole, out)
    assert (out == -48).all()
    for dtype, wanted in ((np.float32, np.int32), (np.float64, np.int64)):
        parts = product(weights.astype(dtype), columns.astype(dtype), [slice(0, 3), slice(3, 8)])
        assert (parts == -48).all()
        assert parts.dtype == wanted


def test_of_two_equally_large_operands_the_first_one_gives_the_bound() -> None:
    """Rows of a: 2^61 · 3; columns of b would give twice that, above 2^63."""
    a, b = np.diag([1 << 61, 1 << 61]), np.full((2, 2), 3)
    assert gemm(a, b).tolist() == [[3 << 61] * 2] * 2
    with pytest.raises(RangeError, match="the sum may not fit int64"):
        gemm(b, a)


def test_one_number_takes_many_shifts() -> None:
    assert OutputStage(lo=-128, hi=127).requantise(np.array(100), [0, 1, 2, 3]).tolist() == [100, 50, 25, 13]


def test_sigmoid_is_the_formula_to_the_last_bit() -> None:
    """Where it cannot overflow, for both signs, in the form that is accurate there."""
    for x in np.linspace(0.0, 8.0, 801).tolist():
        assert sigmoid(x) == 1.0 / (1.0 + math.exp(-x))
        assert sigmoid(-x) == math.exp(-x) / (1.0 + math.exp(-x))


def test_images_narrower_than_the_kernel() -> None:
    """Taps that lie a whole lane beside the only pixel."""
    for width, taps in ((1, 3), (1, 5), (2, 5), (3, 7)):
        window = Window(kernel=(1, taps), padding=(0, taps // 2))
        x, w = list(range(1, width + 1)), list(range(1, taps + 1))
        padded = [0] * (taps // 2) + x + [0] * (taps // 2)
        wanted = [sum(p * q for p, q in zip(w, padded[k:], strict=False)) for k in range(width)]
        assert conv2d([[[x]]], [[[w]]], window=window).tolist() == [[[wanted]]]


@pytest.mark.parametrize("groups", [1, 2])
def test_no_outputs(groups: int) -> None:
    w = np.zeros((0, 2 // groups, 1, 1), int)
    assert conv2d(np.ones((1, 2, 3, 3), int), w, window=Window(kernel=(1, 1)), groups=groups).shape == (1, 0, 3, 3)


@pytest.mark.parametrize(
    ("shape", "window", "block", "batches"),
    [
        ((5, 3, 4, 6), Window(kernel=(2, 3), padding=(1, 2)), 2 * 3 * 6 * 5 * 8, [2, 2, 1]),
        ((5, 3, 4, 6), Window(kernel=(2, 3), padding=(1, 2)), 2 * 3 * 6 * 5 * 8 - 1, [1] * 5),
        ((3, 3, 4, 6), Window(kernel=(2, 3), padding=(1, 2)), 9, [1] * 3),
        ((6, 1, 1, 1), Window(kernel=(1, 1)), 4, [4, 2]),
    ],
)
def test_a_batch_is_convolved_in_blocks_that_fit(
    shape: tuple[int, ...], window: Window, block: int, batches: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So many elements are gathered at once, or those of one image: C, KH KW and the padded image, times the batch."""
    x, w = np.random.default_rng(1).integers(0, 256, shape), np.ones((2, shape[1], *window.kernel), int)
    wanted = conv2d(x, w, window=window)
    seen = []

    def watched(shape: tuple[int, ...], window: Window, dtype: type[np.generic]) -> im2col.Frame:
        seen.append(shape[0])
        return im2col.make_frame(shape, window, dtype)

    monkeypatch.setattr(conv, "BLOCK", block)
    monkeypatch.setattr(conv, "make_frame", watched)
    assert (conv2d(x, w, window=window) == wanted).all()
    assert seen == batches


def test_few_ranges_are_kept() -> None:
    kernel = prepare_conv2d([[[[1]]]], window=Window(kernel=(1, 1)))
    for high in range(1, 3 * KNOWN):
        kernel.apply([[[[high]]]])
        assert len(kernel.operand(np.float32)._cuts) <= KNOWN


def test_lanes_lie_as_little_apart_as_keeps_them_off_whole_pages() -> None:
    """im2col's note on loads that wait for stores; (1, 1024, 1, 1) cannot be helped."""
    shapes = [(1, 1, 8, 8), (1, 1, 30, 32), (1, 1, 25, 40), (1, 1024, 1, 1)]
    shapes += [(n, c, h, w) for n in (1, 3) for c in (1, 2, 3, 64) for h in (1, 8, 31) for w in (8, 32, 33)]
    moved = 0
    for shape, dtype in ((shape, dtype) for shape in shapes for dtype in (np.float32, np.float64)):
        channels, item = shape[1], np.dtype(dtype).itemsize
        frame = im2col.make_frame(shape, Window(kernel=(1, 1)), dtype)
        length, row = frame.lanes.shape[2], frame.lanes.strides[1] // item
        good = [k for k in range(4096 // item) if 256 <= (length + k) * channels * item % 4096 <= 4096 - 256]
        assert row - length == (good[0] if good else 0)
        moved += row > length
    assert moved > 10


@pytest.mark.parametrize("stride", [1, 2])
def test_views_of_lanes_cannot_be_written_to(stride: int) -> None:
    frame = make_frame((1, 2, 4, 4), Window(kernel=(2, 2), stride=(stride, stride)), np.float32)
    frame.fill(np.ones((1, 2, 4, 4), np.int8))
    assert not frame.gather().flags.writeable
    assert not frame.scatter(np.zeros((3, 64), np.float32)).flags.writeable


def test_scratch_memory_is_kept_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "KEEP", 64)
    for size in (1, 5, 64):
        kept = workspace.scratch("test of promises", (size,), np.uint8)
        assert np.shares_memory(kept, workspace.scratch("test of promises", (size,), np.uint8))
    larger = workspace.scratch("test of promises", (65,), np.uint8)
    assert not np.shares_memory(larger, workspace.scratch("test of promises", (5,), np.uint8))


def test_a_tensor_of_one_block_is_not_cut() -> None:
    for shape in ((), (blocks.BLOCK,), (1, blocks.BLOCK), (2, blocks.BLOCK // 2)):
        assert list(blocks.blocks(shape)) == [(...,)]
