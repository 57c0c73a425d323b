"""What an array was given and what it gave, tile by tile, and what it would give if it were another array."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.gemm import gemm
from t2c.tb.units.systolic_array.tile import Tile

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """weights (ROWS, COLS); operands (M, ROWS), sent at `cycles` (M,); sums (m, COLS), modulo 2**bits, that came where
    those of the vectors `places` (m,) should; wrong (m, COLS): those that are not golden's."""

    weights: IntArray
    operands: IntArray
    cycles: IntArray
    places: IntArray
    sums: IntArray
    bits: int
    wrong: Bools


@dataclass(frozen=True, kw_only=True)
class OtherArray:
    """How an array may differ from what its description says.

    Physical row r works on activation lane r, or ROWS - 1 - r with `lanes_turned`, and on weight row r, or ROWS - 1 - r
    with `rows_turned`; column c likewise with weight columns (`columns_turned`) and lanes of the sums (`sums_turned`).
    a_late, sums_late: cycles by which row r sees later activations, and by which column c shows sums of later vectors,
    times r and c; later: of all together. a_signed, w_signed: read so, None: as described.
    """

    lanes_turned: bool = False
    rows_turned: bool = False
    columns_turned: bool = False
    sums_turned: bool = False
    transposed: bool = False
    a_late: int = 0
    sums_late: int = 0
    later: int = 0
    a_signed: bool | None = None
    w_signed: bool | None = None

    @property
    def cost(self) -> int:
        """How many things differ; the fewest are the likeliest."""
        turned = (self.lanes_turned, self.rows_turned, self.columns_turned, self.sums_turned, self.transposed)
        others = (self.a_late, self.sums_late, self.later, self.a_signed is not None, self.w_signed is not None)
        return sum(map(bool, (*turned, *others)))


def observe(tile: Tile, cycles: Sequence[int], words: Mapping[int, int], latency: int, bits: int) -> Observed:
    """A tile with the words of sums that came for its vectors.

    Args:
        tile: what was sent.
        cycles: when each of its vectors was.
        words: cycle -> word of sums, `bits` each, column 0 lowest.
        latency: cycles from a vector to its sums.
        bits: of a sum.
    """
    cols, mask = tile.weights.shape[1], (1 << bits) - 1
    places = [index for index, cycle in enumerate(cycles) if cycle + latency in words]
    lanes = [[(words[cycles[index] + latency] >> (c * bits)) & mask for c in range(cols)] for index in places]
    sums = as_signed(np.array(lanes, dtype=np.uint64).astype(np.int64).reshape(len(places), cols), bits)
    right = as_signed(gemm(tile.operands, tile.weights)[places], bits)
    return Observed(
        weights=tile.weights,
        operands=tile.operands,
        cycles=np.array(cycles, dtype=np.int64),
        places=np.array(places, dtype=np.int64),
        sums=sums,
        bits=bits,
        wrong=sums != right,
    )


def as_signed(values: IntArray, bits: int, *, signed: bool = True) -> IntArray:
    """Values modulo 2**bits, in two's complement or not."""
    if bits >= 64:
        return values
    low = values & ((1 << bits) - 1)
    return np.where(low >> (bits - 1) & 1, low - (1 << bits), low) if signed else low


def explained(found: Observed, other: OtherArray, a_w: int, w_w: int) -> tuple[int, int] | None:
    """Hold the sums that came against those of another array, column by column, with golden's gemm.

    What the other array's sums are is known where everything that it would have added was sent in that very cycle.

    Args:
        found: a tile.
        other: the array.
        a_w, w_w: bits of operands and weights.

    Returns:
        how many sums are known, and how many of those are wrong; None if a known one is not what came.
    """
    weights, operands = found.weights, found.operands
    if other.transposed:
        weights = weights.T
    weights = weights[:: -1 if other.rows_turned else 1, :: -1 if other.columns_turned else 1]
    operands = operands[:, :: -1 if other.lanes_turned else 1]
    if other.w_signed is not None:
        weights = as_signed(weights, w_w, signed=other.w_signed)
    if other.a_signed is not None:
        operands = as_signed(operands, a_w, signed=other.a_signed)
    rows, cols = weights.shape
    if not len(found.sums):
        return 0, 0
    start = found.cycles - found.cycles[0]
    reach = rows + cols + abs(other.later)
    sent = np.full(int(start[-1]) + 1 + 2 * reach, -1, dtype=np.int64)
    sent[start + reach] = np.arange(len(start))
    row = np.arange(rows)
    known = wrong = 0
    for column in range(cols):
        moment = start[found.places, np.newaxis] + reach + other.a_late * row + other.sums_late * column + other.later
        vector = sent[moment]
        there = (vector >= 0).all(axis=1)
        place = cols - 1 - column if other.sums_turned else column
        sums = gemm(operands[vector[there], row], np.ascontiguousarray(weights[:, column : column + 1]))[:, 0]
        if (as_signed(sums, found.bits) != found.sums[there, place]).any():
            return None
        known += int(there.sum())
        wrong += int(found.wrong[there, place].sum())
    return known, wrong


@dataclass(frozen=True, kw_only=True, eq=False)
class Sent:
    """What a test sent and got. tiles, with the cycle of each vector; words: cycle -> word of sums that came."""

    tiles: Sequence[tuple[Tile, Sequence[int]]]
    words: Mapping[int, int]


def lag(tests: Sequence[Sent], stated: int | None, reach: int) -> int:
    """Cycles from vectors to words of sums: what fits the most of them, and of several such the one that is stated.

    Args:
        tests: of one simulation.
        stated: by the description.
        reach: cycles that it may be.
    """
    fits: Counter[int] = Counter()
    for test in tests:
        at = {cycle for _, cycles in test.tiles for cycle in cycles}
        fits.update({by: sum(cycle - by in at for cycle in test.words) for by in range(reach, -1, -1)})
    found, most = fits.most_common(1)[0]
    return stated if stated is not None and fits[stated] == most else found


def observe_all(tests: Sequence[Sent], latency: int, bits: int) -> list[Observed]:
    """Every tile of some tests; see `observe`."""
    return [observe(tile, cycles, test.words, latency, bits) for test in tests for tile, cycles in test.tiles]
