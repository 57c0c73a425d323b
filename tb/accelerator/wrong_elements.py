"""Wrong elements in words: which are named first, and how."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from t2c.tb.accelerator.bits import shown_bits, value_of
from t2c.tb.accelerator.transfer import PlacedTensor

SHOWN = 4
"""Wrong elements of a tensor that are named."""


def shown_values(placed: PlacedTensor, want: npt.NDArray[np.uint8], have: npt.NDArray[np.uint8]) -> str:
    """Expected and actual value of an element, from the bits of its slot; bits where some are unknown."""
    bits = placed.placement.bits
    expected, digits = value_of(want[:bits], placed.signed), (bits + 3) // 4
    shown = f"expected {expected} (0x{value_of(want[:bits], False):0{digits}x})"
    if (have[:bits] > 1).any():
        return f"{shown}, actual {shown_bits(np.minimum(have[:bits], 3).astype(np.uint8))}"
    actual = value_of(have[:bits], placed.signed)
    return f"{shown}, actual {actual} (0x{value_of(have[:bits], False):0{digits}x}), difference {actual - expected:+d}"


def shown_place(unit: str, at: int) -> str:
    """A word of a stream, or an address."""
    return f"address 0x{at:x}" if unit == "address" else f"word {at}"


def earliest(
    wrong: npt.NDArray[np.bool_], when: npt.NDArray[np.int64], placed: PlacedTensor, start: int
) -> Iterator[int]:
    """The first few wrong elements, as they came."""
    at = np.flatnonzero(wrong)
    cycles = when[start + at // placed.placement.lanes * placed.placement.spread]
    yield from at[np.argsort(cycles, kind="stable")][:SHOWN].tolist()
