"""The tensors of a chain made by hand, whose widths no package has; of a package they are golden's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, check_range
from t2c.golden.arithmetic.rounding import round_integers
from t2c.golden.arithmetic.window import Window
from t2c.golden.errors import RangeError
from t2c.pipelines.chain import AddStage, Chain, ChainEdge, ChainQuant, ChainStage, MaxStage, SumStage

LARGEST = 1 << 62
"""Of a sum: it is done in int64."""


def evaluate(chain: Chain, images: npt.ArrayLike) -> dict[str, IntArray]:
    """Every tensor of a chain by name, int64 (N, *shape), and the sums of its stages as NAME.accumulators.

    Args:
        images: integers (N, *input shape).

    Raises:
        RangeError: an image outside the format of the input, or a sum that may leave ±2^62.
    """
    values = {chain.input.name: check_range("images", images, chain.input.lo, chain.input.hi)}
    for stage in chain.stages:
        inputs, edges = [values[name] for name in stage.inputs], chain.around(stage)
        if isinstance(stage, SumStage):
            sums = stage_sums(stage, inputs[0], edges[0])
            values[f"{stage.name}.accumulators"] = sums
            result = requantise(sums, stage.requant)
        elif isinstance(stage, AddStage):
            points = [chain.edges[name].zero_point for name in stage.inputs]
            first, second = (value.astype(object) - point for value, point in zip(inputs, points, strict=True))
            result = requantise(first * stage.first + second * stage.second, stage.requant)
        else:
            result = _moved(stage, inputs[0], edges)
        values[stage.output] = check_range(stage.output, result, edges[1].lo, edges[1].hi)
    return values


def stage_sums(stage: SumStage, images: IntArray, edge: ChainEdge) -> IntArray:
    """The exact accumulators (N, O, OH, OW), or (N, O) of a linear layer; raise RangeError beyond int64."""
    largest = np.abs(stage.weight.astype(object)).reshape(len(stage.weight), -1).sum(axis=1).max()
    if largest * max(abs(edge.lo - edge.zero_point), abs(edge.hi - edge.zero_point)) > LARGEST:
        raise RangeError(f"{stage.name}: sums may leave ±2^62")
    shaped = images.reshape(len(images), edge.channels, *edge.size) - edge.zero_point
    found = windows(shaped, stage.window, 0)
    sums: IntArray = np.einsum("ncyxij,ocij->noyx", found, stage.matrix)
    return sums if len(edge.shape) == 3 else sums[:, :, 0, 0]


def windows(images: IntArray, window: Window, padding: int) -> IntArray:
    """(N, C, OH, OW, KH, KW) of images (N, C, H, W) with a number outside."""
    padded = np.pad(images, ((0, 0), (0, 0), *window.pads), constant_values=padding)
    rows, columns = window.output_size(*images.shape[2:])
    (sh, sw), (dh, dw) = window.stride, window.dilation
    taps = [
        padded[:, :, i * dh : i * dh + (rows - 1) * sh + 1 : sh, j * dw : j * dw + (columns - 1) * sw + 1 : sw]
        for i in range(window.kernel[0])
        for j in range(window.kernel[1])
    ]
    return np.stack(taps, axis=-1).reshape(*taps[0].shape, *window.kernel)


def requantise(sums: npt.NDArray[Any], requant: ChainQuant) -> IntArray:
    """clip(round_S(acc M + B) + zp, lo, hi) in Python's integers, for constants of any size."""

    def spread(constants: tuple[int, ...]) -> npt.NDArray[Any]:
        shape = [1] * sums.ndim
        shape[1] = len(constants)
        return np.array(constants, object).reshape(shape)

    p = sums.astype(object) * spread(requant.multiplier) + spread(requant.bias)
    rounded = round_integers(p, spread(requant.shift), requant.rounding) + requant.zero_point
    clipped: IntArray = np.clip(rounded, spread(requant.lo), spread(requant.hi)).astype(np.int64)
    return clipped


def _moved(stage: ChainStage, images: IntArray, edges: tuple[ChainEdge, ChainEdge]) -> IntArray:
    if not isinstance(stage, MaxStage):
        return images.reshape(len(images), -1)
    shaped = images.reshape(len(images), edges[0].channels, *edges[0].size)
    largest: IntArray = windows(shaped, stage.window, edges[0].lo).max(axis=(4, 5))
    return largest.reshape(len(images), *edges[1].shape)
