"""What a program must not do is one line with step, field and address; each is seen on the program made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine, Operation
from t2c.core_model import CoreModel, MemoryHost, ProgramError, QueueHost
from tests.core_model.hand_made import (
    END,
    HARDWARE,
    INPUT,
    LOAD,
    PARAMS,
    RUN,
    STORE,
    WEIGHTS,
    changed,
    model_of,
    run,
    words_of,
)

WIDE = {"y_lo": -8, "y_hi": 7}


def refused(*steps: Descriptor, words: list[int] | None = None, host: Any = None, **options: Any) -> ProgramError:
    with pytest.raises(ProgramError) as found:
        run(model_of(*steps, **options), INPUT if words is None else words, host=host)
    assert "\n" not in str(found.value)
    return found.value


RUN_FAULTS: list[tuple[dict[str, Any], str, int | None, str]] = [
    ({"origin": 3}, "origin", 4, "reads bank 0, which was never written"),
    ({"origin": 2}, "origin", 4, "reads bank 0, which was never written"),
    ({"origin": -4}, "origin", 12, "reads bank 0, beyond the 12 words of the memory"),
    ({"origin": -2}, "origin", 14, "reads bank 0, beyond the 12 words of the memory"),
    ({"weight_base": 1}, "weight_base", 2, "reads weights, which nobody has brought"),
    ({"weight_base": 6}, "weight_base", 6, "reads weights, beyond the 6 words of the memory"),
    ({"k_tiles": 2}, "weight_base", 2, "reads weights, which nobody has brought"),
    ({"param_base": 1}, "param_base", 1, "reads parameters, which nobody has brought"),
    ({"param_base": 5}, "param_base", 5, "reads parameters, beyond the 5 words of the memory"),
    ({"keep": 1}, "keep", 0, "adds to sums that no step has begun"),
    ({"out_base": 3}, "out_base", 3, "the step writes a word that it also reads"),
    ({"out_base": 15}, "out_base", 15, "a result goes beyond the 12 words of the memory"),
    ({"out_base": -3}, "out_base", 13, "a result goes beyond the 12 words of the memory"),
    ({"blocks": 2}, "blocks", None, "2, but 4 pixels are 1 of ACC_DEPTH = 4"),
    ({"taps_per_tile": 2, "ch_words": 2, "rows_per_tap": 1}, "taps_per_tile", None, "2 taps a tile beside 2 channel"),
    ({"rows_per_tap": 3}, "rows_per_tap", None, "1 taps of 3 rows are more than ROWS = 2"),
    ({"taps_per_tile": 2}, "rows_per_tap", None, "2 taps of 2 rows are more than ROWS = 2"),
    ({"combine": Combine.PAIR, "out_w": 1, "out_pixels": 1}, "out_w", None, "1 is odd, and pixels join in pairs"),
    ({"out_pixels": 3}, "out_pixels", None, "3 for each of 1 images, but a column tile gives 4 results"),
    ({"images": 2, "blocks": 2, "out_pixels": 3}, "out_pixels", None, "3 for each of 2 images, but a column"),
    ({"col_tiles": 2, "hold": 1}, "hold", None, "sums stay, but 2 column tiles of 1 blocks use the same accumulators"),
    ({"images": 2, "blocks": 2, "keep": 1}, "keep", None, "sums stay, but 1 column tiles of 2 blocks"),
    ({"y_lo": 100, "y_hi": 99}, "y_lo", None, "100 is above y_hi = 99"),
    ({"x_zero_point": -1}, "x_zero_point", 2, "operand 256 does not fit X_W + 1 = 9 bits"),
    ({"x_zero_point": 255, "x_signed": 1}, "x_zero_point", 3, "operand -383 does not fit X_W + 1 = 9 bits"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field", "address", "text"), RUN_FAULTS, ids=lambda value: str(value)[:40])
def test_a_run(change: dict[str, Any], field: str, address: int | None, text: str) -> None:
    found = refused(LOAD, changed(RUN, **change), END)
    where = "" if address is None else f", address {address}"
    assert str(found).startswith(f"step 1 (RUN, layer 1), field {field}{where}: {text}"), found
    assert (found.step, found.field, found.address) == (1, field, address)


def test_the_end_of_a_memory_that_is_full() -> None:
    full = {"weights": np.ones((6, 2), dtype=np.int64), "params": np.zeros((5, 2), dtype=np.uint64)}
    assert refused(LOAD, changed(RUN, weight_base=5), END, **full).address == 6
    assert refused(LOAD, changed(RUN, param_base=5), END, **full).address == 5


NARROW = Hardware(
    rows=2, cols=2, x_w=2, w_w=2, acc_w=8, scale_w=4, bias_w=8, act_depth=16, wgt_depth=64, par_depth=4, acc_depth=4,
)  # fmt: skip


@pytest.mark.parametrize(("tiles", "fits"), [(20, True), (21, False)])
def test_an_accumulator_that_overflows(tiles: int, fits: bool) -> None:
    """In one pixel and one column each K tile adds 3 * -2 + 1 * -1 = -7 or -6: -128 fits in 8 bits, -129 does not."""
    taps = changed(RUN, taps=tiles, k_tiles=tiles, y_lo=-2, y_hi=1, k_w=tiles, dil_w=0)
    weights = np.zeros((2 * tiles, 2), dtype=np.int64)
    weights[:, 1] = [-2, -1] * 8 + [-2, 0] * 12 + [0, -1] * (tiles - 20)
    options = {"hardware": NARROW, "weights": weights, "params": np.zeros((1, 2), dtype=np.uint64)}
    if fits:
        records = run(model_of(LOAD, taps, END, **options), [0, 0, 0b0111, 0])
        assert records[1].sums is not None
        assert records[1].sums[0].tolist() == [[0, 0], [0, 0], [0, -128], [0, 0]]
        return
    found = refused(LOAD, taps, END, words=[0, 0, 0b0111, 0], **options)
    text = "step 1 (RUN, layer 1), field k_tiles: sum -129 after K tile 20, column 1, does not fit ACC_W = 8 bits"
    assert str(found) == text


def test_the_second_operand_of_a_pair_has_a_zero_point_of_its_own() -> None:
    pair = changed(RUN, combine=Combine.PAIR, out_pixels=2, x2_zero_point=-1)
    found = refused(LOAD, pair, END, words=[0, 0, 0, 0xFF])
    assert (found.field, found.address) == ("x2_zero_point", 3)


def test_an_accumulator_that_overflows_on_the_way_and_comes_back() -> None:
    """The sum of all tiles fits, a sum on the way does not."""
    down, up = np.full((20, 2), -2), np.full((28, 2), 1)
    weights = np.concatenate([down, np.full((2, 2), -2), up])
    taps = changed(RUN, taps=25, k_tiles=25, y_lo=-2, y_hi=1, k_w=25, dil_w=0)
    options = {"hardware": NARROW, "weights": weights, "params": np.zeros((1, 2), dtype=np.uint64)}
    found = refused(LOAD, taps, END, words=[15] * 4, **options)
    assert "sum -132 after K tile 10" in str(found)


def test_sums_that_were_kept_count_for_the_overflow() -> None:
    taps = changed(RUN, taps=6, k_tiles=6, same_weights=1, y_lo=-2, y_hi=1, k_w=6, dil_w=0)
    steps = (LOAD, changed(taps, hold=1), changed(taps, keep=1), END)
    options = {"hardware": NARROW, "weights": np.full((2, 2), -2), "params": np.zeros((1, 2), dtype=np.uint64)}
    found = refused(*steps, words=[15] * 4, **options)
    assert (found.step, found.field) == (2, "k_tiles")
    assert "sum -132 after K tile 4" in str(found)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (changed(LOAD, base=9), "field words, address 9: 4 words from 9 on go beyond the 12 of the memory"),
        (changed(STORE, base=9), "field words, address 9: 4 words from 9 on go beyond the 12 of the memory"),
        (changed(LOAD, op=Operation.WEIGHTS, base=3), "field words, address 3: 4 words from 3 on go beyond the 6 of"),
        (changed(LOAD, op=Operation.PARAMS, base=2), "field words, address 2: 4 words from 2 on go beyond the 5 of"),
        (STORE, "field base, address 6: stores bank 0, which was never written"),
        (changed(LOAD, words=5), "field words: s_axis waits: 4 of 5 words came"),
    ],
)
def test_a_transfer(step: Descriptor, text: str) -> None:
    found = refused(step, END)
    assert str(found).startswith(f"step 0 ({step.op.name}, layer {step.layer}), {text}"), found


@pytest.mark.parametrize(
    ("transfers", "steps", "text"),
    [
        ([], (LOAD, END), "step 0 (LOAD, layer 0), field words: the host has no transfer after its 0"),
        ([(True, 0, 4)], (LOAD, END), "field words: the host's transfer 0 goes from the core, the step's to the core"),
        ([(False, 0, 4), (True, 4, 3)], (LOAD, RUN, STORE, END), "m_axis gives 4 words, the host's transfer 1 has 3"),
        ([(False, 8, 4)], (LOAD, END), "the host's transfer 0 lies outside its 10 words"),
    ],
)
def test_a_host_that_does_not_go_with_the_program(
    transfers: list[tuple[bool, int, int]], steps: tuple[Descriptor, ...], text: str
) -> None:
    host = MemoryHost(memory=np.zeros((10, 2), dtype=np.uint8), transfers=transfers)
    assert text in str(refused(*steps, host=host))


@pytest.mark.parametrize(
    ("word", "value", "text"),
    [
        (5, 0, "field out_h: descriptor out_h = 0 is outside 1..65535"),
        (39, 5, "field rounding: descriptor rounding = 5 is outside 0..4"),
        (40, 3, "field combine: descriptor combine = 3 is outside 0..2"),
        (41, 2, "field keep: descriptor keep = 2 is outside 0..1"),
        (24, 0xFFFFFFFF, "field rows_per_tap: descriptor rows_per_tap = 4294967295 is outside 1..65535"),
    ],
)
def test_a_word_outside_its_fields_range(word: int, value: int, text: str) -> None:
    words = words_of(LOAD, RUN, END)
    words[len(words) // 3 + word] = value
    model = CoreModel(HARDWARE, words, weights=WEIGHTS, params=PARAMS)
    with pytest.raises(ProgramError) as found:
        model.run(QueueHost(INPUT, HARDWARE))
    assert str(found.value) == f"step 1 (RUN, layer 1), {text}"


@pytest.mark.parametrize("cut", [1, 10, 47])
def test_a_program_without_end(cut: int) -> None:
    words = words_of(LOAD, END)[:-cut]
    model = CoreModel(HARDWARE, words, weights=WEIGHTS, params=PARAMS)
    with pytest.raises(ProgramError, match=rf"^step 1 .*field op, address {len(words)}: .* without END$"):
        model.run(QueueHost(INPUT, HARDWARE))


def test_bounds_that_do_not_fit_the_hardware() -> None:
    options = {
        "hardware": NARROW,
        "weights": np.ones((2, 2), dtype=np.int64),
        "params": np.zeros((1, 2), dtype=np.uint64),
    }
    for name in ("x_zero_point", "x2_zero_point", "y_zero_point", "y_lo", "y_hi"):
        for value in (4, -5):
            found = refused(LOAD, changed(RUN, **{"y_lo": -2, "y_hi": 1, name: value}), END, words=[0] * 4, **options)
            assert str(found).endswith(f"field {name}: {value} does not fit X_W + 1 = 3 bits"), found
