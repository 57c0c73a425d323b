"""The model against numbers worked out by hand: memories, streams, registers and error codes after each step."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.contract import pipeline
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine, Operation
from t2c.contract.registers import ErrorCode, Register, Status
from t2c.core_model import CoreModel, MemoryHost, QueueHost
from t2c.core_model.stream_words import numbers_of, stream_words
from t2c.golden.errors import RangeError, ShapeError
from tests.core_model.hand_made import (
    END,
    HARDWARE,
    INPUT,
    LOAD,
    OUTPUT,
    PARAMS,
    RESULTS,
    RUN,
    STORE,
    SUMS,
    WEIGHTS,
    changed,
    model_of,
    run,
    words_of,
)


def test_every_step() -> None:
    model, host = model_of(LOAD, RUN, STORE, END), QueueHost(INPUT, HARDWARE)
    steps = model.steps(host)
    loaded = next(steps)
    assert (loaded.number, loaded.descriptor.op, loaded.cycles) == (0, Operation.LOAD, pipeline.FETCH)
    assert loaded.words is not None
    assert numbers_of(loaded.words) == INPUT
    activations = model.memories.activations
    assert activations.words[:4].tolist() == [[1, 2], [3, 4], [0, 255], [128, 10]]
    assert activations.known.sum(axis=1).tolist() == [2, 2, 2, 2, *([0] * 8)]
    assert model.memories.accumulators.used == 0
    ran = next(steps)
    assert ran.sums is not None
    assert ran.results is not None
    assert ran.sums.tolist() == [SUMS]
    assert ran.results.address.tolist() == [6, 7, 8, 9]
    assert ran.results.group.tolist() == [0, 0, 0, 0]
    assert ran.results.values.tolist() == [[value & 255 for value in word] for word in RESULTS]
    assert model.memories.accumulators.words.tolist() == SUMS
    assert activations.words[6:10].tolist() == ran.results.values.tolist()
    assert activations.known[:, 0].tolist() == [True] * 4 + [False] * 2 + [True] * 4 + [False] * 2
    assert (model.status, model.read(Register.STATUS), model.layer) == (Status.BUSY, 1, 1)
    stored = next(steps)
    assert host.received == OUTPUT
    assert stored.cycles == pipeline.FETCH
    assert next(steps).descriptor.op is Operation.END
    assert list(steps) == []
    assert (model.status, model.error, model.layer) == (Status.DONE, ErrorCode.NONE, 3)
    # The first step begins after FIRST_STEP cycles; each of the three is shorter than the fetch of the next.
    assert model.cycles == pipeline.FIRST_STEP + 3 * pipeline.FETCH + pipeline.END
    assert [model.read(register) for register in (Register.LAYER, Register.ERROR, Register.CYCLES_HI)] == [3, 0, 0]
    assert model.read(Register.CYCLES_LO) == model.cycles
    assert model.read(Register.HARDWARE) == 0x08080202
    assert host.left == 0


def test_memories_stay_from_run_to_run_and_the_registers_begin_anew() -> None:
    model = model_of(LOAD, RUN, STORE, END)
    run(model)
    cycles = model.cycles
    host = QueueHost([0] * 4, HARDWARE)
    assert run(model, host=host)
    assert model.cycles == cycles
    # floor(10 / 2) = 5 and 0
    assert host.received == [5] * 4
    assert model.memories.activations.words[:4].tolist() == [[0, 0]] * 4


def test_the_program_brings_the_constants() -> None:
    """A parameter word of 2 lanes of 62 bits takes 8 beats of 16 bits, the lowest first."""
    weights = changed(LOAD, op=Operation.WEIGHTS, words=2)
    params = changed(LOAD, op=Operation.PARAMS, words=1)
    word = int(PARAMS[0, 0]) | int(PARAMS[0, 1]) << 62
    beats = [word >> (16 * k) & 0xFFFF for k in range(8)]
    model = CoreModel(HARDWARE, words_of(LOAD, weights, params, RUN, STORE, END))
    host = QueueHost([*INPUT, 0xFF01, 0x0302, *beats], HARDWARE)
    assert len(run(model, host=host)) == 6
    assert host.received == OUTPUT
    assert model.memories.weights.words[:2].tolist() == WEIGHTS.tolist()
    assert model.memories.params.words[:1].tolist() == PARAMS.tolist()


def test_pairs_add_two_pixels() -> None:
    """Identity weights; p = 4 a + 10 + 2 b for column 0, with shift 2 of the second word."""
    params = np.array([[(1 << 56) | (10 << 16) | 4, 1], [(2 << 56) | (99 << 16) | 2, (0 << 56) | 1]], dtype=np.uint64)
    pair = changed(RUN, combine=Combine.PAIR, out_pixels=2, x2_zero_point=3)
    model = model_of(LOAD, pair, END, weights=np.eye(2, dtype=np.int64), params=params)
    record = run(model, [0x0201, 0x0403, 0x0505, 0x0606])[1]
    assert record.results is not None
    # (4 * 1 + 10 + 2 * (3 - 3)) / 4, 2 + (4 - 3); (4 * 5 + 10 + 2 * (6 - 3)) / 4, 5 + (6 - 3)
    assert record.results.values.tolist() == [[14 // 4, 3], [36 // 4, 8]]


def test_the_largest_of_a_window_padding_below_everything() -> None:
    """A 3 x 1 window of max pooling over 4 rows of one column, padded above; signed values."""
    window = changed(
        RUN, combine=Combine.MAX, out_h=4, out_w=1, in_h=4, in_w=1, taps=3, k_w=1, k_tiles=3, pad_h=1, row_step=1,
        origin=-1, tap_row_step=1, same_weights=1, x_signed=1,
    )  # fmt: skip
    params = np.array([[1, 1]], dtype=np.uint64)
    model = model_of(LOAD, window, END, weights=np.eye(2, dtype=np.int64), params=params)
    record = run(model, [0xFF80, 0x0381, 0x7F82, 0x0000])[1]
    assert record.results is not None
    lane_0, lane_1 = [-128, -127, -126, 0], [-1, 3, 127, 0]
    wanted = [[max(lane[max(y - 1, 0) : y + 2]) & 255 for lane in (lane_0, lane_1)] for y in range(4)]
    assert record.results.values.tolist() == wanted


def test_two_column_tiles_share_the_accumulators_and_fill_a_word() -> None:
    """ROWS = 2 COLS: tile 0 writes bank 0, tile 1 bank 1; the accumulators keep what the last tile left."""
    hardware = Hardware(rows=2, cols=1, act_depth=12, wgt_depth=6, par_depth=5, acc_depth=4, prg_depth=1024)
    model = model_of(
        LOAD, changed(RUN, col_tiles=2), STORE, END, hardware=hardware,
        weights=WEIGHTS.T.reshape(-1, 1), params=PARAMS.reshape(-1, 1),
    )  # fmt: skip
    host = QueueHost(INPUT, hardware)
    record = run(model, host=host)[1]
    assert record.sums is not None
    assert record.results is not None
    assert record.sums[:, :, 0].T.tolist() == SUMS
    assert record.results.group.tolist() == [0] * 4 + [1] * 4
    assert record.results.address.tolist() == [6, 7, 8, 9] * 2
    assert model.memories.accumulators.words[:, 0].tolist() == [column_1 for _, column_1 in SUMS]
    assert host.received == OUTPUT


def test_sums_over_two_steps() -> None:
    begin = changed(RUN, hold=1)
    more = changed(RUN, keep=1)
    model = model_of(LOAD, begin, more, END)
    records = run(model)
    assert records[1].results is None
    assert records[1].sums is not None
    assert records[2].sums is not None
    assert records[1].sums.tolist() == [SUMS]
    assert records[2].sums.tolist() == [(2 * np.array(SUMS)).tolist()]


def test_sums_that_no_float_of_24_bits_holds() -> None:
    """260 K tiles of 255 * 127 in both rows, but for one weight of 126: an odd number above 2^24."""
    hardware = Hardware(rows=2, cols=2, act_depth=16, wgt_depth=1024, par_depth=4, acc_depth=4, prg_depth=1024)
    weights = np.full((520, 2), 127)
    weights[0, 0] = 126
    many = changed(RUN, taps=260, k_tiles=260, k_w=260, dil_w=0)
    records = run(model_of(LOAD, many, END, hardware=hardware, weights=weights), [0xFFFF] * 4)
    assert records[1].sums is not None
    assert records[1].sums[0].tolist() == [[255 * (520 * 127 - 1), 255 * 520 * 127]] * 4


@pytest.mark.parametrize("code", [len(Operation), 255, 0xFFFFFFFF])
def test_an_unknown_operation_is_error_1(code: int) -> None:
    model = model_of(LOAD, RUN, END)
    words = words_of(LOAD, changed(RUN, layer=7), END)
    words[len(words) // 3] = code
    model.program = words
    assert [record.descriptor.op for record in run(model)] == [Operation.LOAD]
    assert (model.status, model.error, model.layer) == (Status.ERROR, ErrorCode.UNKNOWN_OPERATION, 7)
    assert (model.read(Register.STATUS), model.read(Register.ERROR)) == (4, 1)
    assert model.cycles == pipeline.FIRST_STEP + pipeline.FETCH + 1
    assert model.memories.accumulators.used == 0
    model.program = words_of(LOAD, END)
    assert len(run(model)) == 2
    assert (model.status, model.error) == (Status.DONE, ErrorCode.NONE)


@pytest.mark.parametrize(("last", "written"), [([0, 0, 0, 0], 4), ([0, 1, 0, 1], 2), ([1, 0, 0, 0], 1)])
def test_a_misplaced_tlast_is_error_2(last: list[int], written: int) -> None:
    """What came up to the misplaced beat is in the memory; the step and the program end there."""
    model = model_of(changed(LOAD, layer=5), RUN, END)
    host = QueueHost(INPUT, HARDWARE, last=[bool(mark) for mark in last])
    assert run(model, host=host) == []
    assert (model.status, model.error, model.layer) == (Status.ERROR, ErrorCode.MISPLACED_TLAST, 5)
    assert model.memories.activations.used == written
    # Beats, one cycle to the pulse, one to the end.
    assert model.cycles == pipeline.FIRST_STEP + written + 2


def test_a_tlast_where_it_belongs_is_none() -> None:
    host = QueueHost(INPUT, HARDWARE, last=[False, False, False, True])
    assert len(run(model_of(LOAD, RUN, STORE, END), host=host)) == 4


def test_a_misplaced_tlast_in_a_parameter_word_leaves_the_word_as_it_was() -> None:
    params = changed(LOAD, op=Operation.PARAMS, words=2)
    model = CoreModel(HARDWARE, words_of(params, END))
    host = QueueHost([1] * 11, HARDWARE, last=[False] * 10 + [True])
    assert run(model, host=host) == []
    assert model.error is ErrorCode.MISPLACED_TLAST
    assert model.memories.params.used == 1


def test_a_host_with_a_memory_serves_its_list() -> None:
    memory = np.zeros((10, 2), dtype=np.uint8)
    memory[:4] = stream_words(INPUT, 16)
    host = MemoryHost(memory=memory, transfers=[(False, 0, 4), (True, 5, 4)])
    assert len(run(model_of(LOAD, RUN, STORE, END), host=host)) == 4
    assert numbers_of(host.memory[5:9]) == OUTPUT
    assert host.served == 2


def test_a_transfer_of_another_length_is_a_misplaced_tlast() -> None:
    for count in (3, 5):
        host = MemoryHost(memory=np.zeros((10, 2), dtype=np.uint8), transfers=[(False, 0, count)])
        model = model_of(LOAD, RUN, END)
        assert run(model, host=host) == []
        assert model.error is ErrorCode.MISPLACED_TLAST
        assert model.memories.activations.used == min(count, 4)


@pytest.mark.parametrize(
    ("images", "error", "text"),
    [
        ({"weights": np.zeros((7, 2), dtype=np.int64)}, RangeError, "weights: 7 words, the memory has 6"),
        (
            {"weights": np.zeros((2, 3), dtype=np.int64)},
            ShapeError,
            r"weights: shape \(2, 3\) is not \(words, COLS = 2\)",
        ),
        ({"weights": np.full((2, 2), 128)}, RangeError, "weights.* = 128 is outside -128..127"),
        ({"params": np.full((1, 2), 1 << 62, dtype=np.uint64)}, RangeError, "params.* is outside 0.."),
        ({"params": np.zeros((6, 2), dtype=np.uint64)}, RangeError, "params: 6 words, the memory has 5"),
    ],
)
def test_images_that_do_not_fit(images: dict[str, np.ndarray], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        model_of(END, **images)


def test_a_program_that_does_not_fit() -> None:
    with pytest.raises(RangeError, match=f"program: {2 * DESCRIPTOR_WORDS} words, PRG_DEPTH = 64"):
        CoreModel(Hardware(rows=2, cols=2, prg_depth=64), words_of(LOAD, END))


@pytest.mark.parametrize(("words", "text"), [([1 << 16], "stream word 0 = 65536 is outside"), ([0, -1], "word 1 = -1")])
def test_stream_words_that_do_not_fit(words: list[int], text: str) -> None:
    with pytest.raises(RangeError, match=text):
        QueueHost(words, HARDWARE)


def test_as_many_tlast_as_words() -> None:
    with pytest.raises(ShapeError, match="tlast of shape"):
        QueueHost([1, 2], HARDWARE, last=[True])
