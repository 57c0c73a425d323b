"""The judge of a run: equal words pass, and every single thing that can be wrong with them fails, by its place."""

from __future__ import annotations

import numpy as np
import pytest

from mapping.order import OutputOrder
from tb.capture import Words
from tb.comparison import SHOWN, Verdict, compare_batch, merge

ORDER = OutputOrder(channels=5, height=2, width=3, cols=2)
X_W, IMAGES = 4, 2
"""36 words: 12 a column tile, 6 an image. The last tile (words 24..) has one real channel."""


@pytest.fixture
def expected() -> np.ndarray:
    """All of s4, and no two neighbours alike."""
    return np.arange(IMAGES * 5 * 2 * 3).reshape(IMAGES, 5, 2, 3) % 16 - 8


@pytest.fixture
def words(expected: np.ndarray) -> Words:
    """What the engine sends if all is well: {tlast, tkeep, tdata}."""
    return capture(ORDER, expected)


def capture(order: OutputOrder, output: np.ndarray) -> Words:
    lanes, kept = order.to_words(output), order.kept(len(output))
    data = ((lanes[:, :, np.newaxis] >> np.arange(X_W)) & 1).reshape(len(lanes), -1)
    last = np.arange(len(lanes))[:, np.newaxis] == len(lanes) - 1
    value = np.concatenate([data, kept, last], axis=1).astype(bool)
    return Words(value=value, unknown=np.zeros_like(value))


def judge(words: Words, expected: np.ndarray, *, first_image: int = 0) -> Verdict:
    return compare_batch("conv", words, expected, ORDER, x_w=X_W, signed=True, first_image=first_image)


def lane_bit(lane: int, bit: int) -> int:
    return lane * X_W + bit


def test_equal_words_pass(words: Words, expected: np.ndarray) -> None:
    verdict = judge(words, expected)
    assert verdict.passed
    assert (verdict.compared, verdict.mismatches, verdict.first, verdict.faults) == (expected.size, 0, (), ())


def test_every_single_bit_of_every_value_is_compared(words: Words, expected: np.ndarray) -> None:
    kept = ORDER.kept(IMAGES)
    for word, lane, bit in np.ndindex(len(kept), ORDER.cols, X_W):
        words.value[word, lane_bit(lane, bit)] ^= True
        assert judge(words, expected).mismatches == int(kept[word, lane]), (word, lane, bit)
        words.value[word, lane_bit(lane, bit)] ^= True


def test_a_mismatch_has_its_place_and_both_values(words: Words, expected: np.ndarray) -> None:
    word = 1 * 12 + 1 * 6 + 1 * 3 + 2  # tile 1, image 1, y 1, x 2
    right = int(expected[1, 3, 1, 2])
    words.value[word, lane_bit(1, 0)] ^= True
    verdict = judge(words, expected, first_image=10)
    (mismatch,) = verdict.first
    assert not verdict.passed
    assert (mismatch.n, mismatch.c, mismatch.y, mismatch.x) == (11, 3, 1, 2)
    assert (mismatch.expected, mismatch.actual, mismatch.word, mismatch.lane) == (right, right ^ 1, word, 1)
    assert mismatch.text() == (
        f"layer conv: output (n=11, c=3, y=1, x=2): expected {right} (0x{right & 255:02x}), "
        f"actual {right ^ 1} (0x{(right ^ 1) & 255:02x}); stream word 23, array column 1"
    )


def test_an_unknown_bit_never_equals(words: Words, expected: np.ndarray) -> None:
    words.unknown[7, lane_bit(0, 2)] = True
    verdict = judge(words, expected)
    assert verdict.mismatches == 1
    assert verdict.first[0].actual is None
    assert "actual X (unknown); stream word 7" in verdict.first[0].text()


def test_an_idle_lane_may_hold_anything(words: Words, expected: np.ndarray) -> None:
    words.value[24:, lane_bit(1, 0)] ^= True
    words.unknown[24:, lane_bit(1, 3)] = True
    assert judge(words, expected).passed


@pytest.mark.parametrize(("word", "lane"), [(0, 0), (5, 1), (24, 1), (35, 0)])
def test_wrong_tkeep(word: int, lane: int, words: Words, expected: np.ndarray) -> None:
    words.value[word, ORDER.cols * X_W + lane] ^= True
    verdict = judge(words, expected)
    assert (verdict.passed, verdict.mismatches) == (False, 0)
    assert verdict.faults == ("tkeep does not mark the real channels",)


def test_unknown_tkeep(words: Words, expected: np.ndarray) -> None:
    words.unknown[3, ORDER.cols * X_W] = True
    assert judge(words, expected).faults == ("tkeep does not mark the real channels",)


def cut(words: Words, index: object) -> Words:
    return Words(value=words.value[index], unknown=words.unknown[index])


def test_too_few_words(words: Words, expected: np.ndarray) -> None:
    verdict = judge(cut(words, slice(0, 35)), expected)
    assert verdict.faults == ("35 output words came, 36 were expected",)
    assert (verdict.passed, verdict.mismatches, verdict.compared) == (False, 0, expected.size - 1)


def test_too_many_words(words: Words, expected: np.ndarray) -> None:
    verdict = judge(cut(words, [*range(36), 35]), expected)
    assert verdict.faults == ("37 output words came, 36 were expected",)
    assert (verdict.passed, verdict.mismatches, verdict.compared) == (False, 0, expected.size)


def test_no_words_are_no_pass(words: Words, expected: np.ndarray) -> None:
    verdict = judge(cut(words, slice(0, 0)), expected)
    assert (verdict.passed, verdict.compared) == (False, 0)
    assert verdict.faults == ("0 output words came, 36 were expected",)


def test_a_word_lost_in_the_middle_shifts_the_rest(words: Words, expected: np.ndarray) -> None:
    verdict = judge(cut(words, [k for k in range(36) if k != 4]), expected)
    assert verdict.mismatches > 0
    assert verdict.first[0].word == 4


def test_the_first_mismatch_is_first_in_the_tensor_not_in_the_stream(words: Words, expected: np.ndarray) -> None:
    """Channel 0 of image 1 leaves before channel 4 of image 0."""
    words.value[6, lane_bit(0, 0)] ^= True  # n 1, c 0
    words.value[24, lane_bit(0, 0)] ^= True  # n 0, c 4
    assert [(m.n, m.c) for m in judge(words, expected).first] == [(0, 4), (1, 0)]


def test_the_report_shows_a_few_and_counts_all(words: Words, expected: np.ndarray) -> None:
    words.value[:, lane_bit(0, 0)] ^= True
    verdict = judge(words, expected)
    assert verdict.mismatches == 36
    assert len(verdict.first) == SHOWN
    assert [m.word for m in verdict.first[:6]] == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("signed", "actual"), [(True, -1), (False, 15)])
def test_sign_is_as_declared(signed: bool, actual: int, words: Words, expected: np.ndarray) -> None:
    words.value[0, :X_W] = True
    verdict = compare_batch("conv", words, expected & 15, ORDER, x_w=X_W, signed=signed, first_image=0)
    assert verdict.first[0].actual == actual


@pytest.mark.parametrize("word", [0, 34, 35])
def test_tlast_is_compared_at_every_word(word: int, words: Words, expected: np.ndarray) -> None:
    words.value[word, -1] ^= True
    assert judge(words, expected).faults == ("tlast does not mark the last word of each run",)


def test_every_run_of_the_engine_has_its_own_tlast(words: Words, expected: np.ndarray) -> None:
    words.value[11, -1] = True
    settings = {"x_w": X_W, "signed": True, "first_image": 0}
    assert compare_batch("conv", words, expected, ORDER, last_words=[11, 35], **settings).passed
    assert not compare_batch("conv", words, expected, ORDER, last_words=[12, 35], **settings).passed


def test_a_linear_layer_has_no_pixels() -> None:
    order = OutputOrder(channels=5, height=1, width=1, cols=2)
    output = np.arange(10).reshape(2, 5) % 8
    full = capture(order, output)
    assert compare_batch("fc", full, output, order, x_w=X_W, signed=True, first_image=0).passed
    full.value[3, lane_bit(1, 1)] ^= True
    (mismatch,) = compare_batch("fc", full, output, order, x_w=X_W, signed=True, first_image=0).first
    assert (mismatch.n, mismatch.c, mismatch.y, mismatch.x) == (1, 3, 0, 0)


@pytest.mark.parametrize(
    ("compared", "mismatches", "faults", "passed"),
    [(1, 0, (), True), (0, 0, (), False), (1, 1, (), False), (1, 0, ("late",), False)],
)
def test_what_passes(compared: int, mismatches: int, faults: tuple[str, ...], passed: bool) -> None:
    verdict = Verdict(compared=compared, mismatches=mismatches, first=(), faults=faults)
    assert verdict.passed is passed
    assert verdict.to_json()["passed"] is passed


def test_merging_adds_up(words: Words, expected: np.ndarray) -> None:
    good = judge(words, expected)
    words.value[:, lane_bit(0, 0)] ^= True
    bad = judge(words, expected, first_image=2)
    both = merge([good, bad], ["late"])
    assert (both.compared, both.mismatches, both.faults) == (2 * expected.size, 36, ("late",))
    assert both.first == bad.first
    assert len(merge([bad, bad], []).first) == SHOWN
    assert not both.passed
    assert merge([good, good], []).passed


def test_merging_nothing_is_no_pass() -> None:
    assert not merge([], []).passed
