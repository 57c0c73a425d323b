"""The judge of a run: equal words pass, and every single thing that can be wrong with them fails, by its place."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.mapping.compiler import compile_program
from t2c.mapping.program import Program
from t2c.tb.cosim.capture import Words
from t2c.tb.cosim.comparison import UNKNOWN, Comparison, compare_places, compare_values
from t2c.tb.cosim.expectation import Trace, trace_of, trace_values
from t2c.tb.cosim.localisation.mismatches import mismatches_of
from tests.core_net import core_package

BITS = 4
ROWS, COLS, DATA_W = 6, 2, 2 * BITS


@pytest.fixture
def expected() -> np.ndarray:
    """12 words of 2 lanes, all of s4, and no two neighbours alike."""
    return ((np.arange(24) * 5) % 16 - 8).astype(np.int16).reshape(12, 2)


@pytest.fixture
def kept() -> np.ndarray:
    """The last 4 words have one real channel."""
    bits = np.ones((12, 2), dtype=bool)
    bits[8:, 1] = False
    return bits


SIGNED = np.ones(12, dtype=bool)


def judge(raw: np.ndarray, expected: np.ndarray, kept: np.ndarray, unknown: np.ndarray | None = None) -> Comparison:
    unknown = np.zeros(raw.shape, dtype=bool) if unknown is None else unknown
    return compare_values("result words", raw, unknown, expected, kept, SIGNED[: len(expected)], BITS)


def as_raw(expected: np.ndarray) -> np.ndarray:
    return expected.astype(np.int64) & 15


def test_equal_words_pass(expected: np.ndarray, kept: np.ndarray) -> None:
    found = judge(as_raw(expected), expected, kept)
    assert found.passed
    assert (found.compared, len(found.mismatches), found.faults) == (20, 0, ())


def test_every_single_bit_of_every_value_is_compared(expected: np.ndarray, kept: np.ndarray) -> None:
    for word, lane, bit in np.ndindex(12, 2, BITS):
        raw = as_raw(expected)
        raw[word, lane] ^= 1 << bit
        found = judge(raw, expected, kept)
        assert found.passed == (not kept[word, lane])
        if kept[word, lane]:
            ((at_word, at_lane, wanted, actual),) = found.mismatches.tolist()
            assert (at_word, at_lane, wanted) == (word, lane, expected[word, lane])
            assert actual & 15 == raw[word, lane]


def test_an_unknown_bit_never_equals(expected: np.ndarray, kept: np.ndarray) -> None:
    unknown = np.zeros((12, 2), dtype=bool)
    unknown[7, 0] = unknown[9, 1] = True  # the second one on a lane that holds nothing
    found = judge(as_raw(expected), expected, kept, unknown)
    assert found.mismatches.tolist() == [[7, 0, expected[7, 0], UNKNOWN]]
    assert not found.passed


@pytest.mark.parametrize("count", [0, 1, 11])
def test_too_few_words(count: int, expected: np.ndarray, kept: np.ndarray) -> None:
    found = judge(as_raw(expected)[:count], expected, kept)
    assert found.faults == (f"{count} result words came, 12 were expected",)
    assert (found.passed, len(found.mismatches), found.compared) == (False, 0, int(kept[:count].sum()))


def test_too_many_words(expected: np.ndarray, kept: np.ndarray) -> None:
    found = judge(np.concatenate([as_raw(expected)] * 2), expected, kept)
    assert found.faults == ("24 result words came, 12 were expected",)
    assert (found.passed, found.compared) == (False, 20)


def test_a_word_lost_in_the_middle_shifts_the_rest(expected: np.ndarray, kept: np.ndarray) -> None:
    found = judge(np.delete(as_raw(expected), 4, axis=0), expected, kept)
    assert found.mismatches[0, 0] == 4


def test_sign_is_as_declared_word_by_word(expected: np.ndarray, kept: np.ndarray) -> None:
    """The words of one run belong to tensors of either sign."""
    signed = np.arange(12) % 2 == 0
    wanted = np.where(signed[:, np.newaxis], expected, as_raw(expected)).astype(np.int16)
    nothing = np.zeros((12, 2), dtype=bool)
    assert compare_values("words", as_raw(wanted), nothing, wanted, kept, signed, BITS).passed
    assert not compare_values("words", as_raw(wanted), nothing, wanted, kept, ~signed, BITS).passed


@pytest.mark.parametrize(
    ("compared", "mismatches", "faults", "passed"),
    [(1, 0, (), True), (0, 0, (), False), (1, 1, (), False), (1, 0, ("late",), False)],
)
def test_what_passes(compared: int, mismatches: int, faults: tuple[str, ...], passed: bool) -> None:
    rows = np.zeros((mismatches, 4), dtype=np.int32)
    assert Comparison(compared=compared, mismatches=rows, faults=faults).passed is passed


# ------------------------------------------------------------------ places: {banks, address, data}

ADDRESS = np.array([5, 6, 7, 5, 6, 7, 1 << 20])
GROUP = np.array([0, 0, 0, 1, 1, 1, 2])


def placed(address: np.ndarray, banks: np.ndarray) -> Words:
    value = np.zeros((len(address), DATA_W + 24 + ROWS), dtype=bool)
    value[:, DATA_W : DATA_W + 24] = (address[:, np.newaxis] >> np.arange(24)) & 1
    value[:, DATA_W + 24 :] = banks
    return Words(value=value, unknown=np.zeros_like(value))


@pytest.fixture
def words() -> Words:
    return placed(ADDRESS, np.arange(ROWS) // COLS == GROUP[:, np.newaxis])


def places(words: Words) -> tuple[int, str] | None:
    return compare_places(words, ADDRESS, GROUP, ROWS, COLS, DATA_W)


def test_right_places(words: Words) -> None:
    assert places(words) is None


@pytest.mark.parametrize("bit", range(24 + ROWS))
def test_every_bit_of_a_place_is_compared(bit: int, words: Words) -> None:
    words.value[4, DATA_W + bit] ^= True
    found = places(words)
    assert found is not None
    index, fault = found
    assert index == 4
    assert fault.startswith("result word 4 went to address ")
    assert "expected address 6, banks 2..3 (1 words went elsewhere)" in fault


@pytest.mark.parametrize("bit", [0, 23, 24, 29])
def test_an_unknown_place_is_wrong(bit: int, words: Words) -> None:
    words.unknown[2, DATA_W + bit] = True
    found = places(words)
    assert found is not None
    assert found[0] == 2
    assert found[1].startswith("result word 2 went to address 7, banks 0..1; ")


def test_no_bank_at_all(words: Words) -> None:
    words.value[:, DATA_W + 24 :] = False
    found = places(words)
    assert found is not None
    assert "went to address 5, banks none; expected address 5, banks 0..1 (7 words" in found[1]


def test_places_are_compared_as_far_as_words_came(words: Words) -> None:
    """That some are missing is the values' fault to report."""
    some = Words(value=words.value[:3], unknown=words.unknown[:3])
    assert places(some) is None
    assert places(Words(value=words.value[:0], unknown=words.unknown[:0])) is None


# ------------------------------------------------------------------ the first layer and element that diverge


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_program(core_package().graph, "all", Hardware(rows=4, cols=2))


@pytest.fixture(scope="module")
def trace(program: Program) -> Trace:
    return trace_of(program)


def words_of(program: Program, trace: Trace, layer: str) -> list[int]:
    """Trace words of a layer, in order."""
    steps = [number for number, step in enumerate(program.steps) if step.result and step.result.edge == layer]
    return [int(word) for word in np.flatnonzero(np.isin(trace.step, steps))]


def test_every_element_has_its_place(program: Program, trace: Trace) -> None:
    """Through the trace and back: expected value and coordinate of every kept lane, in every layer."""
    package = core_package()
    tensors = {node.output: result for node, _, result in package.graph.steps(package.samples[:1])}
    tensors |= {"x": package.samples[:1]}
    values = trace_values(program, trace, tensors)
    for layer in ("stem", "peak", "wide", "fc", "y"):
        mine = words_of(program, trace, layer)
        seen = set()
        for word, lane in [(w, c) for w in mine for c in range(2) if trace.primary[w, c]]:
            row = np.array([[0, word, lane, values[word, lane], 99, 0]], dtype=np.int32)
            (found,) = mismatches_of(program, trace, row, 8)
            place = (found.c, found.y, found.x)
            tensor = tensors[layer].reshape(program.layouts[layer].channels, *tensors[layer].shape[2:] or (1, 1))
            assert (found.layer, found.n, found.expected, tensor[place]) == (
                layer,
                0,
                values[word, lane],
                found.expected,
            )
            seen.add(place)
        assert len(seen) == tensors[layer].size


def rows_of(*entries: tuple[int, int, int]) -> np.ndarray:
    return np.array([(run, word, lane, 3, -2, 0) for run, word, lane in entries], dtype=np.int32)


def test_the_first_layer_in_program_order_comes_first(program: Program, trace: Trace) -> None:
    """What follows a wrong layer is wrong as well, and says nothing."""
    late, early = words_of(program, trace, "peak")[0], words_of(program, trace, "stem")[5]
    found = mismatches_of(program, trace, rows_of((0, late, 0), (0, early, 1)), 8)
    assert [m.layer for m in found] == ["stem"]
    assert program.steps[found[0].step].descriptor.layer == 1


def test_the_first_run_comes_first(program: Program, trace: Trace) -> None:
    late, early = words_of(program, trace, "peak")[0], words_of(program, trace, "stem")[5]
    found = mismatches_of(program, trace, rows_of((1, early, 0), (0, late, 0)), 8)
    assert [(m.layer, m.run, m.n) for m in found] == [("peak", 0, 0)]
    assert mismatches_of(program, trace, rows_of((2, early, 0)), 8)[0].n == 2


def test_elements_are_in_the_order_of_the_tensor(program: Program, trace: Trace) -> None:
    """A pool's results leave bank by bank: channel 4, the second word's, before channel 2."""
    mine = [word for word in words_of(program, trace, "peak") if trace.kept[word, 0]]
    rows = rows_of(*((0, word, 0) for word in mine))
    found = mismatches_of(program, trace, rows, 100)
    assert [(m.n, m.c, m.y, m.x) for m in found] == [
        (0, c, y, x) for c in (0, 2, 4) for y in range(4) for x in range(6)
    ]
    assert [m.word for m in found] != sorted(m.word for m in found)
    assert mismatches_of(program, trace, rows, 8) == found[:8]


def test_the_text_of_a_mismatch(program: Program, trace: Trace) -> None:
    word = words_of(program, trace, "stem")[42 + 8]  # second column tile: channels 2, 3
    (found,) = mismatches_of(program, trace, rows_of((0, word, 1)), 8)
    assert found.text() == (
        "layer stem: output (n=0, c=3, y=1, x=2): expected 3 (0x03), actual -2 (0xfe); array column 1"
    )
    unknown = rows_of((0, word, 1))
    unknown[0, 4] = UNKNOWN
    (found,) = mismatches_of(program, trace, unknown, 8)
    assert found.actual is None
    assert "expected 3 (0x03), actual X (unknown); array column 1" in found.text()


def test_nothing_differs(program: Program, trace: Trace) -> None:
    assert mismatches_of(program, trace, np.zeros((0, 6), dtype=np.int32), 8) == ()
