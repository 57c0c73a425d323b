"""Compare what the core wrote with what golden expects. Equality is ==."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.field_kinds import ADDRESS_BITS
from t2c.golden.arithmetic.formats import IntArray, twos_complement
from t2c.tb.cosim.capture import Bits, Sums, Words
from t2c.tb.cosim.sums import UNKNOWN_SUM

UNKNOWN = -(1 << 15)
"""Stands for a value with an unknown (X) bit; no activation has it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Outcome for one block of words. compared: lanes; mismatches: (n, 4) word, lane, expected, actual (or UNKNOWN);
    faults: everything else that is wrong."""

    compared: int
    mismatches: npt.NDArray[np.int32]
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.compared > 0 and not len(self.mismatches) and not self.faults


def compare_values(
    what: str, raw: IntArray, unknown: Bits, expected: npt.NDArray[np.int16], kept: Bits,
    signed: npt.NDArray[np.bool_], bits: int,
) -> Comparison:  # fmt: skip
    """Compare words of lanes.

    Args:
        what: name of the words, for faults.
        raw, unknown: (words that came, lanes) unsigned values, and whether a bit of them is unknown.
        expected, kept: (words expected, lanes); only kept lanes count.
        signed: (words expected,) whether the lanes are two's complement.
        bits: of a lane.
    """
    came, wanted = len(raw), len(expected)
    faults = () if came == wanted else (f"{came} {what} came, {wanted} were expected",)
    common = min(came, wanted)
    actual = np.where(signed[:common, np.newaxis], twos_complement(raw[:common], bits), raw[:common])
    differs = ((actual != expected[:common]) | unknown[:common]) & kept[:common]
    word, lane = np.nonzero(differs)
    shown = np.where(unknown[:common][word, lane], UNKNOWN, actual[word, lane])
    rows = np.stack([word, lane, expected[:common][word, lane], shown], axis=1).astype(np.int32)
    return Comparison(compared=int(kept[:common].sum()), mismatches=rows, faults=faults)


def compare_sums(came: Sums, expected: IntArray, kept: Bits) -> tuple[int, IntArray, str | None]:
    """Compare sums before requantisation.

    Args:
        came: words that came.
        expected, kept: (words expected, lanes); only kept lanes count.

    Returns:
        how many were compared; (n, 5) int64 word, lane, expected, actual (or UNKNOWN_SUM), cycle of each that is wrong;
        what is wrong with their number, or None.
    """
    common = min(len(came.value), len(expected))
    differs = ((came.value[:common] != expected[:common]) | came.unknown[:common]) & kept[:common]
    word, lane = np.nonzero(differs)
    shown = np.where(came.unknown[word, lane], UNKNOWN_SUM, came.value[word, lane])
    rows = np.stack([word, lane, expected[word, lane].astype(np.int64), shown, came.cycle[word]], axis=1)
    fault = None
    if len(came.value) != len(expected):
        fault = f"{len(came.value)} words of sums came, {len(expected)} were expected"
    return int(kept[:common].sum()), rows.astype(np.int64), fault


def compare_places(
    captured: Words, address: IntArray, group: IntArray, rows: int, cols: int, data_w: int
) -> tuple[int, str] | None:
    """Check where each result word went: its address, and the banks of its group.

    Args:
        captured: words {banks, address, data}.
        address, group: (words,) expected.
        rows, cols: array size; data_w: bits of the data field.

    Returns:
        index of the first word that went elsewhere and what is wrong with it, or None.
    """
    came_address, address_unknown = captured.field(data_w, ADDRESS_BITS, 1, signed=False)
    banks, banks_unknown = captured.field(data_w + ADDRESS_BITS, 1, rows, signed=False)
    common = min(len(came_address), len(address))
    wanted = np.arange(rows) // cols == group[:common, np.newaxis]
    wrong = (came_address[:common, 0] != address[:common]) | address_unknown[:common, 0]
    wrong |= (banks[:common] != wanted).any(axis=1) | banks_unknown[:common].any(axis=1)
    if not wrong.any():
        return None
    first = int(wrong.argmax())
    text = (
        f"result word {first} went to address {int(came_address[first, 0])}, banks {_banks(banks[first])}; "
        f"expected address {int(address[first])}, banks {_banks(wanted[first])} "
        f"({int(wrong.sum())} words went elsewhere)"
    )
    return first, text


def _banks(bits: npt.NDArray[np.generic]) -> str:
    chosen = np.flatnonzero(bits)
    return f"{chosen[0]}..{chosen[-1]}" if len(chosen) else "none"
