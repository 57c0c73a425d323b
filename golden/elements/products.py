"""Layers whose products are those of an element: what a convolution sums when the element is not exact."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.window import Window
from t2c.golden.arithmetic.zero_point import centre
from t2c.golden.elements.element import Element

Number = TypeVar("Number", bound=np.generic)
BLOCK = 1 << 22
"""Sums of elements held at once."""


def grouped_channels(values: npt.NDArray[Number], span: int) -> npt.NDArray[Number]:
    """Channels on axis 1, by element: (N, C, ...) to (N, ceil(C / span), ..., span); what is missing is 0."""
    missing = -values.shape[1] % span
    padded = np.pad(values, [(0, 0), (0, missing), *[(0, 0)] * (values.ndim - 2)])
    return np.moveaxis(padded.reshape(len(values), -1, span, *values.shape[2:]), 2, -1)


def ungrouped_channels(values: npt.NDArray[Number], channels: int) -> npt.NDArray[Number]:
    """The inverse of `grouped_channels`, for so many channels."""
    lanes = np.moveaxis(values, -1, 2)
    return lanes.reshape(len(values), -1, *values.shape[2:-1])[:, :channels]


def element_conv2d(
    x: npt.ArrayLike, w: IntArray, *, element: Element, window: Window, groups: int = 1, zero_point: int = 0
) -> IntArray:
    """Accumulate a convolution on an element.

    acc[n, o, y, x] = Σ_{i,j} Σ_q element(X[n, span·q .. span·q + span - 1, ...] - zp, W[o, same, i, j]): every element
    takes `span` channels of one tap, from channel 0 on; W has the weights of all channels, 0 outside o's group.

    Args:
        x: (N, C, H, W) int, zero point zp; outside the image it is zp.
        w: (O, C / groups, KH, KW) int.
        element: what each element sums.
        window, groups, zero_point: as of `conv2d`.

    Returns:
        (N, O, OH, OW) int64.

    Source: docs/arithmetic.md section 4.7.
    """
    values = centre("x", x, zero_point)
    batch, channels, height, width = values.shape
    out_channels, per_group = w.shape[:2]
    whole = np.zeros((out_channels, channels, *w.shape[2:]), dtype=np.int64)
    for out in range(out_channels):
        first = out // (out_channels // groups) * per_group
        whole[out, first : first + per_group] = w[out]
    weights = grouped_channels(whole, element.span)  # (O, Q, KH, KW, span)
    padded = np.pad(values, ((0, 0), (0, 0), *window.pads))
    operands = grouped_channels(padded, element.span)  # (N, Q, H, W, span)
    out_h, out_w = window.output_size(height, width)
    acc = np.zeros((batch, out_channels, out_h, out_w), dtype=np.int64)
    (stride_h, stride_w), (dil_h, dil_w) = window.stride, window.dilation
    step = max(1, BLOCK // max(1, out_channels * out_h * out_w))
    for ky in range(window.kernel[0]):
        rows = slice(ky * dil_h, ky * dil_h + (out_h - 1) * stride_h + 1, stride_h)
        for kx in range(window.kernel[1]):
            columns = slice(kx * dil_w, kx * dil_w + (out_w - 1) * stride_w + 1, stride_w)
            for q in range(operands.shape[1]):
                if not weights[:, q, ky, kx].any():
                    continue
                tap = operands[:, q, rows, columns]
                for low in range(0, batch, step):
                    block = slice(low, low + step)
                    one = weights[np.newaxis, :, q, ky, kx, np.newaxis, np.newaxis, :]
                    acc[block] += element.sums(tap[block, np.newaxis], one)
    return acc


def element_linear(x: npt.ArrayLike, w: IntArray, *, element: Element, zero_point: int = 0) -> IntArray:
    """Accumulate a fully connected layer on an element: `element_conv2d` of one pixel, x (N, K), w (O, K)."""
    values = np.asarray(x)[:, :, np.newaxis, np.newaxis]
    window = Window(kernel=(1, 1))
    return element_conv2d(values, w[:, :, None, None], element=element, window=window, zero_point=zero_point)[
        :, :, 0, 0
    ]
