"""What a layer sums on an element of the array, in torch: windows gathered at once, where golden goes tap by tap."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from t2c.golden.arithmetic.window import Pair
from t2c.golden.elements.element import Element
from t2c.golden.elements.products import grouped_channels


def conv2d_sums(
    x: Tensor, weight: Tensor, element: Element, *, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Tensor:
    """The accumulators of a convolution whose products are an element's.

    Args:
        x: integers less their zero point (N, C, H, W), of any type; outside the image they are 0.
        weight: integers that the element holds (O, C / groups, KH, KW).
        element: it takes `span` channels of one tap, from channel 0 on.
        stride, padding, dilation, groups: as of nn.Conv2d.

    Returns:
        (N, O, OH, OW) int64, on the device of x; they are summed on the CPU.

    Source: docs/arithmetic.md section 4.7.
    """
    (batch, channels), (outputs, each, *_) = x.shape[:2], weight.shape
    kernel = (weight.shape[2], weight.shape[3])
    with torch.autocast(x.device.type, enabled=False):
        # float64 holds every operand; torch has no unfold of integers
        columns = F.unfold(x.detach().cpu().double(), kernel, dilation, padding, stride)
    taps = kernel[0] * kernel[1]
    operands = grouped_channels(columns.reshape(batch, channels, taps, -1).long().numpy(), element.span)
    whole = np.zeros((outputs, channels, taps), dtype=np.int64)
    for output, filter_ in enumerate(weight.detach().cpu().long().reshape(outputs, each, taps).numpy()):
        first = output // (outputs // groups) * each
        whole[output, first : first + each] = filter_
    weights = grouped_channels(whole, element.span)  # (O, Q, taps, span)
    sums = np.zeros((batch, outputs, columns.shape[-1]), dtype=np.int64)
    for output, held in enumerate(weights):
        used = held.any(axis=-1)
        if used.any():
            sums[:, output] = element.sums(operands[:, used], held[used][np.newaxis, :, np.newaxis]).sum(axis=1)
    height = (x.shape[2] + 2 * padding[0] - dilation[0] * (kernel[0] - 1) - 1) // stride[0] + 1
    return torch.from_numpy(sums.reshape(batch, outputs, height, -1)).to(x.device)


def linear_sums(x: Tensor, weight: Tensor, element: Element) -> Tensor:
    """As `conv2d_sums`, of x (N, K) and weight (O, K): an element takes `span` features, from feature 0 on."""
    ones: Pair = (1, 1)
    maps, kernels = x[:, :, None, None], weight[:, :, None, None]
    return conv2d_sums(maps, kernels, element, stride=ones, padding=(0, 0), dilation=ones, groups=1)[:, :, 0, 0]
