"""Memories as text: up to the last known word, x where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest

from t2c.core_model.dump import memory_text
from t2c.core_model.memories import Memory
from t2c.golden.rom.words import RomLayout


def memory(known: list[list[bool]] | list[bool]) -> Memory:
    words = np.array([[0x1, 0x2, 0x3], [0x4, 0x5, 0x6], [0x7, 0x8, 0x9]])
    return Memory(words=words, known=np.array(known, dtype=bool))


@pytest.mark.parametrize(
    ("known", "bits", "text"),
    [
        ([True, True, True], 4, "321\n654\n987\n"),
        ([True, False, True], 4, "321\nxxx\n987\n"),
        ([False, True, False], 4, "xxx\n654\n"),
        ([False, False, False], 4, ""),
        ([[True, True, True], [True, False, True], [False, False, False]], 4, "321\n6x4\n"),
        # 5 bits a lane: a digit with one unknown bit is unknown.
        (
            [[True, False, True], [True, True, True], [False, False, True]],
            5,
            "0xx1\n18a4\n2xxx\n",
        ),
        ([[False, True, True], [False, False, True], [True, False, False]], 5, "0cxx\n1xxx\nxxx7\n"),
    ],
)
def test_text_of_a_memory(known: list[bool], bits: int, text: str) -> None:
    assert memory_text(memory(known), RomLayout(bits=bits, signed=False, lanes=3)) == text
