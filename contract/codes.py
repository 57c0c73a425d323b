"""Codes with a meaning: what the contract's lists of numbers are made of."""

from __future__ import annotations

from enum import IntEnum
from typing import Self


class Code(IntEnum):
    """A number with a name and a meaning. A member is written `NAME = number, "what it means"`."""

    meaning: str

    def __new__(cls, value: int, meaning: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member
