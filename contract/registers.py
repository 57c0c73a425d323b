"""The core's AXI4-Lite registers: addresses, bits, status and error codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Self

from t2c.contract.codes import Code
from t2c.contract.field_kinds import COUNT_BITS

ADDRESS_BITS = 8
"""Bits of a register's byte address; all of them are decoded."""


class Access(StrEnum):
    """What a host may do with a register. Anything else is answered with SLVERR and has no effect."""

    READ = "read"
    WRITE = "write"


class Register(IntEnum):
    """A register of 32 bits. A member is written `NAME = byte address, access, what it is`."""

    access: Access
    meaning: str

    def __new__(cls, value: int, access: Access = Access.READ, meaning: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.access = access
        member.meaning = meaning
        return member

    CONTROL = 0x00, Access.WRITE, "starts a program; reads 0"
    STATUS = 0x04, Access.READ, "done and error stay until the next start"
    ERROR = 0x08, Access.READ, "0 is none; cleared by a start"
    LAYER = 0x0C, Access.READ, "cleared by a start"
    CYCLES_LO = 0x10, Access.READ, "reading it latches the high half"
    CYCLES_HI = 0x14, Access.READ, "as it was when CYCLES_LO was last read; 0 if it never was"
    HARDWARE = 0x18, Access.READ, "256 reads as 0"


class _Flags(IntFlag):
    """Bits with a meaning. A member is written `NAME = value, "what it means"`."""

    meaning: str

    def __new__(cls, value: int, meaning: str = "") -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


class Control(_Flags):
    """Bits of CONTROL."""

    START = 1 << 0, "starts the program"


class Status(_Flags):
    """Bits of STATUS."""

    BUSY = 1 << 0, "a program is under way"
    DONE = 1 << 1, "the last program has ended"
    ERROR = 1 << 2, "the last program has stopped; see ERROR"


@dataclass(frozen=True, kw_only=True)
class Bits:
    """A named part of a register. high, low: inclusive; reset: None where the build decides."""

    register: Register
    name: str
    high: int
    low: int
    meaning: str
    reset: int | None = 0

    @property
    def mask(self) -> int:
        """Its bits in the register's word."""
        return (1 << (self.high + 1)) - (1 << self.low)


def _bits(register: Register, flags: type[_Flags]) -> list[Bits]:
    places = ((flag, flag.bit_length() - 1) for flag in flags)
    return [
        Bits(register=register, name=str(flag.name), high=place, low=place, meaning=flag.meaning)
        for flag, place in places
    ]


BITS = (
    *_bits(Register.CONTROL, Control),
    *_bits(Register.STATUS, Status),
    Bits(register=Register.ERROR, name="CODE", high=7, low=0, meaning="code of the last error"),
    Bits(
        register=Register.LAYER,
        name="NUMBER",
        high=COUNT_BITS - 1,
        low=0,
        meaning="layer in progress, or at which the last program ended or stopped",
    ),
    Bits(register=Register.CYCLES_LO, name="COUNT", high=31, low=0, meaning="low half of the cycle count"),
    Bits(register=Register.CYCLES_HI, name="COUNT", high=31, low=0, meaning="high half of the cycle count"),
    *(
        Bits(register=Register.HARDWARE, name=name, high=8 * k + 7, low=8 * k, meaning=f"`{name}`", reset=None)
        for k, name in enumerate(("ROWS", "COLS", "X_W", "W_W"))
    ),
)
"""All named bits; the others read 0."""


class ErrorCode(Code):
    """What ERROR says."""

    NONE = 0, "no error since the last start"
    UNKNOWN_OPERATION = 1, "the operation of a step has no meaning; the program stops there"
    MISPLACED_TLAST = (
        2,
        "`tlast` is missing on the last beat of a LOAD, WEIGHTS or PARAMS, or comes earlier; "
        "the step and the program stop after that beat",
    )


class Response(Code):
    """AXI4-Lite responses that the registers give."""

    OKAY = 0, "done"
    SLVERR = 2, "refused, without effect; the data read are 0"


def _word(register: Register, values: Mapping[str, int]) -> int:
    """What a register reads whose parts hold these values, each cut to its bits."""
    return sum(values[bits.name] << bits.low & bits.mask for bits in BITS if bits.register is register)


def hardware_word(values: Mapping[str, int]) -> int:
    """What HARDWARE reads on a core of these parameters, by their names in the RTL."""
    return _word(Register.HARDWARE, values)


def error_word(code: int) -> int:
    """What ERROR reads after this code."""
    return _word(Register.ERROR, {"CODE": code})


def layer_word(number: int) -> int:
    """What LAYER reads at this layer."""
    return _word(Register.LAYER, {"NUMBER": number})
