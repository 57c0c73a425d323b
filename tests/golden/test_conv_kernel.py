"""Prepared convolution kernels: same results as conv2d, a bound proven for every input, memory of their own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from oracle import plain as oracle
from t2c.golden.arithmetic import workspace
from t2c.golden.arithmetic.conv import conv2d, prepare_conv2d
from t2c.golden.arithmetic.exact import bound
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError, ShapeError
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d

SAME = Window(kernel=(3, 3), padding=(1, 1))


def by_hand(x: np.ndarray, w: np.ndarray, window: Window, groups: int = 1, zero_point: int = 0) -> Any:
    return oracle.conv2d(
        x.tolist(),
        w.tolist(),
        stride=window.stride,
        padding=window.padding,
        dilation=window.dilation,
        groups=groups,
        zero_point=zero_point,
    )


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1)])
def test_one_kernel_serves_every_shape_type_and_zero_point(groups: int, stride: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    w = rng.integers(-128, 128, (4, 4 // groups, 3, 3), dtype=np.int8)
    window = Window(kernel=(3, 3), stride=stride, padding=(1, 1))
    kernel = prepare_conv2d(w, window=window, groups=groups)
    for batch, size, high, zp in ((1, 5, 255, 0), (3, 3, 255, 128), (2, 4, 1 << 40, -7), (0, 4, 2, 0), (2, 5, 255, 0)):
        x = rng.integers(0, high, (batch, 4, size, size + 1), endpoint=True)
        got = kernel.apply(x, zero_point=zp)
        assert (got == conv2d(x, w, window=window, groups=groups, zero_point=zp)).all()
        assert not batch or got.tolist() == by_hand(x, w, window, groups=groups, zero_point=zp)


@pytest.mark.parametrize("high", [1, 255, 1 << 13, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, 1 << 45, 1 << 53])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_bound_is_proven_anew_for_larger_inputs(high: int, sign: int) -> None:
    """An odd sum just above 2^24 or 2^53 would be rounded by the kernel's first choice of type."""
    w = np.full((1, 2, 3, 3), 3)
    w[0, 1, 1, 1] = -1
    kernel = prepare_conv2d(w, window=SAME)
    for top in (1, high, 1, high + 1):
        x = np.full((1, 2, 5, 5), sign * top)
        assert kernel.apply(x).tolist() == by_hand(x, w, SAME)
    with pytest.raises(RangeError, match="the sum may not fit int64"):
        kernel.apply(np.full((1, 2, 5, 5), 1 << 62))


def test_each_block_of_a_batch_has_its_own_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("t2c.golden.arithmetic.conv.BLOCK", 1)
    x = np.stack([np.full((2, 4, 4), v) for v in (1, (1 << 24) + 1, 255, 1 << 50, -3)])
    w = np.full((3, 2, 3, 3), 5)
    assert prepare_conv2d(w, window=SAME).apply(x).tolist() == by_hand(x, w, SAME)


def test_the_bound_counts_one_sign_for_inputs_of_one_sign() -> None:
    """With P = N = 2^16 and x in 0..255 no partial sum passes 2^24, though Σ|w|·255 does; with x in ±255 one may."""
    w = np.where(np.arange(1024) % 2, 128, -128).astype(np.float32)[None]
    assert bound(w).cuts(0, 255) == bound(w).cuts(-255, 0) == [slice(0, 1024)]
    assert bound(w).cuts(-128, 127) == [slice(0, 1024)]
    assert bound(w).cuts(-255, 255) == [slice(0, 512), slice(512, 1024)]
    assert bound(np.abs(w)).cuts(0, 255) == [slice(0, 512), slice(512, 1024)]


@pytest.mark.parametrize("seed", range(6))
def test_the_bound_holds_for_every_part_and_order(seed: int) -> None:
    """No subset of the terms of a part may exceed the limit: the positive and the negative terms are the extremes."""
    rng = np.random.default_rng(seed)
    w = rng.integers(-128, 128, (5, 1500)) + rng.integers(-60, 60)
    low, high = -int(rng.integers(0, 300)), int(rng.integers(0, 300))
    cuts = bound(w.astype(np.float32)).cuts(low, high)
    assert cuts is not None
    assert [cut.start for cut in cuts] == [0, *(cut.stop for cut in cuts[:-1])]
    assert cuts[-1].stop == 1500
    for cut in cuts:
        positive, negative = np.maximum(w[:, cut], 0).sum(axis=1), np.maximum(-w[:, cut], 0).sum(axis=1)
        assert (positive * high - negative * low).max() <= 1 << 24
        assert (negative * high - positive * low).max() <= 1 << 24


@pytest.mark.parametrize("shape", [(8, 8, 3, 3), (8, 1, 3, 3), (64, 8, 1, 1), (64, 8, 3, 3)])
def test_results_own_their_memory(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    window = Window(kernel=shape[2:], padding=(1, 1))  # type: ignore[arg-type]
    w, x = rng.integers(-9, 9, shape), rng.integers(0, 9, (2, 8, 6, 6))
    kernel = prepare_conv2d(w, window=window, groups=8 // shape[1])
    first = kernel.apply(x)
    kept = first.copy()
    assert not any(np.shares_memory(first, buffer) for buffer in workspace._slots.buffers.values())
    second = kernel.apply(x + 100)
    assert not np.shares_memory(first, second)
    assert (first == kept).all()


def test_the_workspace_keeps_no_more_than_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "KEEP", 4096)
    monkeypatch.setattr(workspace._slots, "buffers", {})
    x, w = np.full((2, 8, 20, 20), 7), np.full((8, 8, 3, 3), -3)
    assert conv2d(x, w, window=SAME)[0, 0, 1, 1] == -8 * 9 * 21
    assert all(buffer.nbytes <= 4096 for buffer in workspace._slots.buffers.values())


def test_two_threads_at_once() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 256, (16, 4, 8, 12, 12))
    kernels = [prepare_conv2d(rng.integers(-128, 128, (outputs, 8, 3, 3)), window=SAME) for outputs in (8, 200, 3, 40)]

    def run(job: int) -> np.ndarray:
        return kernels[job % 4].apply(x[job % 16])

    expected = [run(job) for job in range(16)]
    with ThreadPoolExecutor(2) as pool:
        for job, got in enumerate(pool.map(run, range(160))):
            assert (got == expected[job % 16]).all()


def test_a_kernel_keeps_the_weights_it_was_made_from() -> None:
    w = np.full((1, 1, 1, 1), 2)
    kernel = prepare_conv2d(w, window=Window(kernel=(1, 1)))
    w[...] = 5
    assert kernel.apply([[[[3]]]]).tolist() == [[[[6]]]]
    assert kernel.apply([[[[1 << 54]]]]).tolist() == [[[[1 << 55]]]]


def test_refuses_weights_and_inputs_that_do_not_match() -> None:
    w = np.ones((2, 2, 3, 3), int)
    for kwargs, error in (({"groups": 0}, RangeError), ({"groups": 4}, ShapeError)):
        with pytest.raises(error):
            prepare_conv2d(w, window=SAME, **kwargs)
    with pytest.raises(ShapeError, match="w: shape"):
        prepare_conv2d(w, window=Window(kernel=(1, 3)))
    with pytest.raises(RangeError, match="w: dtype float64"):
        prepare_conv2d(w * 1.0, window=SAME)
    with pytest.raises(ShapeError, match="do not split into 2 groups"):
        prepare_conv2d(w, window=SAME, groups=2).apply(np.ones((1, 2, 4, 4), int))


def test_a_graph_node_prepares_once_and_its_weights_are_constant() -> None:
    w = np.ones((1, 1, 1, 1), np.int64)
    constants = MulQuant(multiplier=np.array([1]), bias=np.array([0]), shift=np.array([0]), zero_point=0, lo=0, hi=255)
    node = Conv2d(name="c", inputs=("x",), output="y", mulquant=constants, weight=w, weight_bits=8)
    edge = TensorSpec(name="x", shape=(1, 1, 1), bits=8, signed=False)
    assert node.forward([np.array([[[[9]]]])], [edge]).tolist() == [[[[9]]]]
    assert node.kernel is node.kernel
    w[...] = 3
    assert node.forward([np.array([[[[9]]]])], [edge]).tolist() == [[[[9]]]]
    with pytest.raises(ValueError, match="read-only"):
        node.weight[...] = 3
