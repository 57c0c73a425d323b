"""What a caller and a host of somebody else's give to the model is taken as the core would, or refused in one line."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from t2c.core_model import CoreModel, QueueHost
from t2c.golden.errors import RangeError, ShapeError
from tests.core_model.hand_made import (
    END,
    HARDWARE,
    INPUT,
    LOAD,
    OUTPUT,
    PARAMS,
    RUN,
    STORE,
    WEIGHTS,
    changed,
    model_of,
    run,
    words_of,
)


@pytest.mark.parametrize("first", [[0, 1, 0, 0], [0, 0, 0, 0]])
def test_words_after_a_misplaced_tlast_are_the_next_runs(first: list[int]) -> None:
    """The core takes none of them: what is left on the stream is what its next LOAD gets."""
    sent = INPUT[: 1 + first.index(1)] if 1 in first else INPUT
    marks = [bool(mark) for mark in (*first[: len(sent)], 0, 0, 0, 1)]
    host = QueueHost([*sent, *INPUT], HARDWARE, last=marks)
    model = model_of(LOAD, RUN, STORE, END)
    assert run(model, host=host) == []
    assert host.left == len(INPUT)
    assert len(run(model, host=host)) == 4
    assert (host.received, host.left) == (OUTPUT, 0)


class Theirs:
    """A host of somebody else's, that sends the same for every step."""

    def __init__(self, words: Any, last: Any = None) -> None:
        self.sent = words, last

    def send(self, beats: int) -> Any:
        return self.sent

    def take(self, words: object) -> None: ...


ONE = np.ones((4, 2), dtype=np.uint8)


@pytest.mark.parametrize(
    ("words", "last", "text"),
    [
        (np.ones((5, 2), dtype=np.uint8), None, "the host sends 5 stream words, the step takes 4"),
        (np.ones((4, 3), dtype=np.uint8), None, "uint8 of shape (4, 3), 16 bits take 2 octets"),
        (ONE.astype(np.int64), None, "int64 of shape (4, 2), 16 bits take 2 octets"),
        ([1, 2, 3, 4], None, "list of shape (4,), 16 bits take 2 octets"),
        (ONE, [False, False, True], "tlast of shape (3,) for 4 stream words"),
        (ONE, True, "tlast of shape () for 4 stream words"),
    ],
)
def test_a_host_that_sends_something_else_is_told_so(words: object, last: object, text: str) -> None:
    model = model_of(LOAD, RUN, STORE, END)
    with pytest.raises(ShapeError, match=re.escape(text)):
        run(model, host=Theirs(words, last))
    assert not model.memories.activations.known.any()


def test_bits_above_the_stream_are_refused() -> None:
    narrow = replace(HARDWARE, x_w=5, w_w=5)
    octets = np.array([[0x04, 0x00]], dtype=np.uint8)
    with pytest.raises(RangeError, match=r"stream word 0 = 1024 is outside 0\.\.2\^10 - 1"):
        QueueHost(octets, narrow)
    model = CoreModel(narrow, words_of(changed(LOAD, words=1), END))
    with pytest.raises(RangeError, match=r"stream word 0 = 1024 is outside"):
        run(model, host=Theirs(octets))


@pytest.mark.parametrize("word", [1.5, 1 << 32, -(1 << 31) - 1])
def test_a_word_that_is_none_of_32_bits_is_refused(word: float) -> None:
    with pytest.raises(RangeError, match="program"):
        CoreModel(HARDWARE, [*words_of(END)[:-1], word])  # type: ignore[list-item]


def test_images_may_be_lists_and_words_must_be_integers() -> None:
    plain = CoreModel(HARDWARE, words_of(END), weights=WEIGHTS.tolist(), params=PARAMS.tolist())
    assert (plain.memories.weights.words[:2] == WEIGHTS).all()
    assert (plain.memories.params.words[:1] == PARAMS).all()
    with pytest.raises(RangeError, match=r"stream word 0 = 1\.5 is not an integer"):
        QueueHost([1.5], HARDWARE)  # type: ignore[list-item]
