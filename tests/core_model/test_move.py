"""MOVE against numbers worked out by hand: which activation becomes which weight, and what the core does not guard
against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from t2c.contract.descriptor import Descriptor
from t2c.contract.hardware import Hardware
from t2c.contract.operations import Operation
from t2c.core_model import ProgramError, QueueHost
from t2c.core_model.dump import Dump
from tests.core_model.hand_made import END, HARDWARE, LOAD, RUN, changed, model_of, run

MOVE = Descriptor(
    op=Operation.MOVE, layer=1, base=2, in_w=3, col_step=1, col_tiles=2, transpose=1, x_signed=1, lane_last=1
)
"""The words of `INPUT` as three tokens of two channels: (1, 2), (3, 4), (0, -1); the fourth is no token."""
STRAIGHT = changed(MOVE, transpose=0, k_tiles=2, col_tiles=1)
PAIRS = changed(MOVE, in_w=2, ch_words=2, k_tiles=2, col_step=2, col_tiles=1)
"""The same words as two tokens of four channels: (1, 2, 3, 4), (0, -1, -128, 10)."""
TALL = Hardware(rows=2, cols=1, act_depth=12, wgt_depth=12, par_depth=5, acc_depth=4, prg_depth=1024)


@pytest.mark.parametrize(
    ("step", "tiles"),
    [
        pytest.param(MOVE, [[[1, 3], [2, 4]], [[0, 0], [-1, 0]]], id="tokens become columns"),
        pytest.param(STRAIGHT, [[[1, 2], [3, 4]], [[0, -1], [0, 0]]], id="tokens become rows"),
        pytest.param(PAIRS, [[[1, 0], [2, -1]], [[3, -128], [4, 10]]], id="a K tile a word"),
        pytest.param(
            changed(PAIRS, transpose=0, k_tiles=1, col_tiles=2), [[[1, 2], [0, -1]], [[3, 4], [-128, 10]]],
            id="a column tile a word",
        ),
        pytest.param(
            changed(PAIRS, lane_first=1, lane_last=0), [[[0, 0], [2, -1]], [[3, -128], [0, 0]]],
            id="channels 1 and 2 of four",
        ),
        pytest.param(
            changed(PAIRS, transpose=0, k_tiles=1, col_tiles=2, lane_first=1, lane_last=0),
            [[[0, 2], [0, -1]], [[3, 0], [-128, 0]]], id="channels 1 and 2 of four as columns",
        ),
        pytest.param(changed(MOVE, in_w=1, col_tiles=2), [[[1, 0], [2, 0]], [[0, 0], [0, 0]]], id="a whole tile of 0"),
        pytest.param(changed(MOVE, origin=3, col_step=-1), [[[-128, 0], [10, -1]], [[3, 0], [4, 0]]], id="backwards"),
        pytest.param(
            changed(MOVE, origin=-14, col_step=17, in_w=2), [[[0, -128], [-1, 10]], [[0, 0], [0, 0]]], id="wrapping"
        ),
    ],
)  # fmt: skip
def test_tiles(step: Descriptor, tiles: list[list[list[int]]]) -> None:
    model = model_of(LOAD, step, END)
    record = run(model)[1]
    assert record.moves is not None
    rows = [row for tile in tiles for row in tile]
    assert record.moves.values.tolist() == rows
    assert record.moves.address.tolist() == [2 + k for k in range(len(rows))]
    assert model.memories.weights.words[2 : 2 + len(rows)].tolist() == rows
    assert model.memories.weights.used == 2 + len(rows)
    assert model.memories.weights.words[:2].tolist() == [[1, -1], [2, 3]]


def test_two_column_tiles_of_a_word() -> None:
    """ROWS = 2 COLS: the banks of a word are two column tiles."""
    step = changed(STRAIGHT, col_tiles=2, base=0)
    record = run(model_of(LOAD, step, END, hardware=TALL, weights=None, params=None))[1]
    assert record.moves is not None
    assert record.moves.values[:, 0].tolist() == [1, 3, 0, 0, 2, 4, -1, 0]
    step = changed(MOVE, col_tiles=3, base=0)
    record = run(model_of(LOAD, step, END, hardware=TALL, weights=None, params=None))[1]
    assert record.moves is not None
    assert record.moves.values[:, 0].tolist() == [1, 2, 3, 4, 0, -1]


def test_unsigned_activations() -> None:
    words = [0x0201, 0x7F04, 0x0000, 0x0000]
    record = run(model_of(LOAD, changed(MOVE, x_signed=0), END), words)[1]
    assert record.moves is not None
    assert record.moves.values.tolist() == [[1, 4], [2, 127], [0, 0], [0, 0]]


def test_a_product_of_two_activations() -> None:
    """Each token times each of the first two."""
    steps = (LOAD, changed(MOVE, in_w=2, col_tiles=1), changed(RUN, weight_base=2, x_signed=1), END)
    record = run(model_of(*steps))[2]
    assert record.sums is not None
    tokens = [(1, 2), (3, 4), (0, -1), (-128, 10)]
    assert record.sums.tolist() == [[[x * a + y * b for a, b in tokens[:2]] for x, y in tokens]]


FAULTS: list[tuple[dict[str, Any], str, int | None, str]] = [
    ({"origin": 2}, "origin", 4, "reads bank 0, which was never written"),
    ({"origin": -4}, "origin", 12, "reads bank 0, beyond the 12 words of the memory"),
    ({"base": 3}, "base", 3, "4 rows from 3 on go beyond the 6 of the memory"),
    ({"x_signed": 0}, "x_signed", 2, "255 does not fit a weight of W_W = 8 bits"),
    ({"k_tiles": 2}, "k_tiles", None, "2, but the banks of 1 channel words become rows"),
    ({"transpose": 0, "col_tiles": 2}, "col_tiles", None, "2, but 1 channel words are 1 column tiles"),
    ({"lane_last": 2}, "lane_last", None, "2, but a word has the banks 0..1"),
    ({"lane_first": 2}, "lane_first", None, "2, but a word has the banks 0..1"),
    ({"lane_first": 1, "lane_last": 0}, "lane_first", None, "1 is above lane_last = 0 in the only channel word"),
]


@pytest.mark.parametrize(("change", "field", "address", "text"), FAULTS, ids=lambda value: str(value)[:40])
def test_what_a_move_must_not_do(change: dict[str, Any], field: str, address: int | None, text: str) -> None:
    with pytest.raises(ProgramError) as found:
        run(model_of(LOAD, changed(MOVE, **change), END))
    where = "" if address is None else f", address {address}"
    assert str(found.value) == f"step 1 (MOVE, layer 1), field {field}{where}: {text}"
    assert (found.value.step, found.value.field, found.value.address) == (1, field, address)


def test_what_lies_outside_is_not_read() -> None:
    """The words after the last token were never written."""
    record = run(model_of(LOAD, changed(MOVE, origin=3, in_w=1), END))[1]
    assert record.moves is not None
    assert record.moves.values[:2].tolist() == [[-128, 0], [10, 0]]


def test_the_dump_has_the_weights(tmp_path: Path) -> None:
    model = model_of(LOAD, MOVE, END)
    dump = Dump(tmp_path / "run", model)
    for record in model.steps(QueueHost([0x0201] * 4, HARDWARE)):
        dump.step(record)
    folder = tmp_path / "run" / "step_001_MOVE"
    assert sorted(path.name for path in folder.iterdir()) == ["registers.txt", "weights.hex"]
    assert (folder / "weights.hex").read_text().split() == ["ff01", "0302", "0101", "0202", "0001", "0002"]
