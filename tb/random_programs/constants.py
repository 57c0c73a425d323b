"""Random contents of the core's memories: activations, weights, and MulQuant constants that let sums be seen."""

from __future__ import annotations

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.contract.operations import Combine
from t2c.contract.parameter_lanes import Lanes, encode_lanes
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.rounding import MAX_SHIFT


def random_values(rng: np.random.Generator, shape: tuple[int, int], low: int, high: int) -> IntArray:
    """Words of a memory, in one of several manners: all values, both ends, a single one, few that are not 0.

    Args:
        rng: where chance comes from.
        shape: (words, lanes).
        low, high: of a value, inclusive.
    """
    manner = int(rng.integers(10))
    values = rng.integers(low, high + 1, shape)
    if manner == 0:
        values = np.where(rng.random(shape) < 0.5, low, high)
    elif manner == 1:
        values = np.full(shape, (low, high)[int(rng.integers(2))])
    elif manner == 2:
        values = np.where(rng.random(shape) < 0.1, values, 0)
    elif manner == 3:
        values = np.where(rng.random(shape) < 0.5, 1, 0)
    return values.astype(np.int64)


def constants_for(rng: np.random.Generator, sums: IntArray, combine: Combine, hardware: Hardware) -> Lanes:
    """Parameter words for a RUN whose sums are known, so that its results depend on each bit of them.

    Args:
        rng: where chance comes from.
        sums: (column tiles, pixels, COLS), as `t2c.core_model.engine.Engine.run` gives them.
        combine: of the RUN; a pair has two words for each column tile.
        hardware: widths.

    Returns:
        (words, COLS).
    """
    pair = combine is Combine.PAIR
    parts = (sums[:, 0::2], sums[:, 1::2]) if pair else (sums,)
    shape = (len(sums), hardware.cols)
    top, far = (1 << (hardware.scale_w - 1)) - 1, (1 << (hardware.bias_w - 1)) - 1
    manner = int(rng.choice(5, p=(0.2, 0.1, 0.3, 0.3, 0.1)))
    if manner == 0:
        factors = [np.where(rng.random(shape) < 0.5, 1, -1) for _ in parts]
        chosen = int(rng.integers(parts[0].shape[1]))
        middle = _times(parts, factors, chosen)
        shift = rng.integers(0, 3, shape)
    elif manner == 1:
        factors = [_by_length(rng, hardware.scale_w, shape) for _ in parts]
        middle = _times(parts, factors, int(rng.integers(parts[0].shape[1])))
        shift = np.minimum(rng.integers(0, MAX_SHIFT + 1, shape), hardware.scale_w)
    elif manner in (2, 3):
        factors = [_by_length(rng, hardware.scale_w, shape) for _ in parts]
        products = [part.astype(float) * factor[:, np.newaxis] for part, factor in zip(parts, factors, strict=True)]
        whole = np.sum(products, axis=0)
        middle = np.clip(whole.mean(axis=1), -far, far).astype(np.int64)
        spread = np.maximum(whole.std(axis=1), 1)
        lengths = np.ceil(np.log2(spread)).astype(np.int64) - hardware.x_w + rng.integers(0, 4, shape)
        shift = np.clip(lengths, 0, MAX_SHIFT)
    else:
        factors = [rng.choice([-top - 1, -1, 0, 1, top], shape), _by_length(rng, hardware.scale_w, shape)][: len(parts)]
        middle = -_by_length(rng, hardware.bias_w, shape)
        shift = rng.integers(0, MAX_SHIFT + 1, shape)
    bias = np.clip(-middle, -far - 1, far)
    words = [encode_lanes(factors[0], bias, shift, hardware)]
    if pair:
        # The bias of the second word and the shift of the first mean nothing.
        idle = _by_length(rng, hardware.bias_w, shape)
        words = [
            encode_lanes(factors[0], bias, rng.integers(0, MAX_SHIFT + 1, shape), hardware),
            encode_lanes(factors[1], idle, shift, hardware),
        ]
    return np.stack(words, axis=1).reshape(-1, hardware.cols)


def _times(parts: tuple[IntArray, ...], factors: list[IntArray], pixel: int) -> IntArray:
    """What MulQuant makes of one pixel before the bias."""
    total = np.zeros_like(factors[0])
    for part, factor in zip(parts, factors, strict=True):
        total = total + part[:, pixel] * factor
    return total


def _by_length(rng: np.random.Generator, bits: int, shape: tuple[int, ...]) -> IntArray:
    """Two's complement numbers of `bits` bits, each length of a magnitude as likely as another."""
    length = rng.integers(0, bits, shape)
    size = np.floor(rng.random(shape) * np.exp2(length)).astype(np.int64)
    largest = (1 << (bits - 1)) - 1
    return np.where(rng.random(shape) < 0.5, np.minimum(size, largest), -size - 1).astype(np.int64)
