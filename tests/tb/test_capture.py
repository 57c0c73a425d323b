"""What the simulator wrote with $writememh is read bit by bit, X included; anything else is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c.golden.errors import PackageError
from t2c.tb.cosim.capture import Words, read_capture


def read(folder: Path, text: str, bits: int) -> Words:
    (folder / "capture.hex").write_text(text)
    return read_capture(folder / "capture.hex", bits)


def numbers(words: Words) -> list[int]:
    return [sum(int(bit) << k for k, bit in enumerate(word)) for word in words.value]


@pytest.mark.parametrize("bits", [1, 4, 7, 8, 37, 130])
def test_values_come_back(bits: int, tmp_path: Path) -> None:
    digits = -(-bits // 4)
    values = [0, 1, (1 << bits) - 1, 0x5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5 % (1 << bits)]
    words = read(tmp_path, "".join(f"{value:0{digits}x}\n" for value in values), bits)
    assert numbers(words) == values
    assert words.value.shape == words.unknown.shape == (4, bits)
    assert not words.unknown.any()


def test_capital_digits(tmp_path: Path) -> None:
    assert numbers(read(tmp_path, "aF\nFa\n", 8)) == [0xAF, 0xFA]


def test_comments_addresses_and_blank_lines_are_no_words(tmp_path: Path) -> None:
    text = "// 0x00000000\n@0\n12\n\n  34 // second\n@00000002\n56"
    assert numbers(read(tmp_path, text, 8)) == [0x12, 0x34, 0x56]


@pytest.mark.parametrize("letter", "xXzZ")
def test_unknown_digits_mark_their_four_bits(letter: str, tmp_path: Path) -> None:
    words = read(tmp_path, f"1{letter}2\n333\n", 12)
    assert words.unknown.tolist() == [[False] * 4 + [True] * 4 + [False] * 4, [False] * 12]


def test_an_unknown_top_digit_reaches_only_the_bits_there_are(tmp_path: Path) -> None:
    assert read(tmp_path, "x0\n", 5).unknown.tolist() == [[False] * 4 + [True]]


@pytest.mark.parametrize("word", ["1", "123", "1 2"])
def test_a_word_of_another_length(word: str, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=rf"capture\.hex: word '{word}' does not have 2 hex digits"):
        read(tmp_path, f"12\n{word}\n", 8)


@pytest.mark.parametrize("word", ["1g", "0-", "++", "é1"])
def test_a_word_that_is_not_hexadecimal(word: str, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"capture\.hex: a word is not hexadecimal"):
        read(tmp_path, f"12\n{word}\n", 8)


def test_a_word_with_more_bits_than_declared(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"capture\.hex: word '20' has more than 5 bits"):
        read(tmp_path, "1f\n20\n", 5)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"capture\.hex: the simulator wrote no capture file"):
        read_capture(tmp_path / "capture.hex", 8)


def test_no_words(tmp_path: Path) -> None:
    assert read(tmp_path, "// nothing\n", 8).value.shape == (0, 8)


@pytest.mark.parametrize(("signed", "wanted"), [(True, [[-1, 3, -4]]), (False, [[7, 3, 4]])])
def test_fields_are_lanes_lowest_first(signed: bool, wanted: list[list[int]], tmp_path: Path) -> None:
    word = (4 << 6 | 3 << 3 | 7) << 2 | 1
    values, unknown = read(tmp_path, f"{word:03x}\n", 12).field(2, 3, 3, signed=signed)
    assert values.tolist() == wanted
    assert values.dtype == np.int64
    assert not unknown.any()


def test_one_unknown_bit_makes_the_whole_lane_unknown(tmp_path: Path) -> None:
    words = read(tmp_path, "0x0\n", 12)
    assert words.field(0, 6, 2, signed=False)[1].tolist() == [[True, True]]  # the digit's bits 4..7 lie in both
    assert words.field(0, 4, 3, signed=False)[1].tolist() == [[False, True, False]]
