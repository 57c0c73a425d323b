"""Windows of convolutions and pools: from ONNX's attributes to golden's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from t2c.golden.arithmetic.window import Window
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, integers, text


def image_window(node: OnnxNode, kernel: Sequence[int], image: Sequence[int], *, overhang: bool = False) -> Window:
    """The window of a node over maps; over rows, of which the attributes have one axis, it is one pixel high.

    Args:
        node: with attributes strides, pads, dilations, auto_pad, ceil_mode.
        kernel: (KH, KW) or (KW,), which an attribute kernel_shape may only repeat.
        image: (H, W) or (W,) of the input.
        overhang: whether windows of ceil_mode may hang over the edge, as padding does.

    Raises:
        RefusedError: attributes that contradict each other or that golden has not.
        RangeError: beyond golden's limits.
    """
    kernel, count = tuple(kernel), len(kernel)
    if integers(node, "kernel_shape", kernel, count) != kernel:
        raise RefusedError([f"{node.place}: kernel_shape is not that of its weights"])
    single = (1,) * (2 - count)
    stride = single + integers(node, "strides", (1,) * count, count)
    dilation = single + integers(node, "dilations", (1,) * count, count)
    given = integers(node, "pads", (0,) * 2 * count, 2 * count)
    kernel, image = single + kernel, (*single, *image)
    if min(*stride, *dilation, *kernel) < 1:
        raise RefusedError([f"{node.place}: strides = {stride}, dilations = {dilation}, kernel {kernel}"])
    reach = [dilation[axis] * (kernel[axis] - 1) + 1 for axis in (0, 1)]
    automatic = text(node, "auto_pad", "NOTSET")
    if automatic == "NOTSET":
        left, right = given[count - 1], given[-1]
        top, bottom = (given[0], given[2]) if count == 2 else (0, 0)
    elif automatic == "VALID":
        top = left = bottom = right = 0
    elif automatic in ("SAME_UPPER", "SAME_LOWER"):
        sides = []
        for axis in (0, 1):
            outputs = -(-image[axis] // stride[axis])
            total = max(0, (outputs - 1) * stride[axis] + reach[axis] - image[axis])
            begin = total // 2 if automatic == "SAME_UPPER" else total - total // 2
            sides.append((begin, total - begin))
        (top, bottom), (left, right) = sides
    else:
        raise RefusedError([f"{node.place}: auto_pad = {automatic!r}"])
    if integer(node, "ceil_mode", 0):
        hangs = [_overhang(image[i], (top, left)[i], (bottom, right)[i], stride[i], reach[i]) for i in (0, 1)]
        if any(hangs) and not overhang:
            raise RefusedError([f"{node.place}: ceil_mode = 1: windows that hang over the edge"])
        bottom, right = bottom + hangs[0], right + hangs[1]
    if (top, left) == (bottom, right):
        padding: tuple[int, ...] = (top, left)
    else:
        padding = (top, bottom, left, right)
    form: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return Window(**form)


def _overhang(size: int, before: int, after: int, stride: int, reach: int) -> int:
    """Pixels by which the last window of ceil_mode hangs over the padding; none begins beyond the image."""
    count = -(-(size + before + after - reach) // stride) + 1
    if (count - 1) * stride >= size + before:
        count -= 1
    return max((count - 1) * stride + reach - size - before - after, 0)
