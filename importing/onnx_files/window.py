"""Windows of convolutions and pools: from ONNX's attributes to golden's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from t2c.golden.arithmetic.window import Window
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.operator import integer, integers, text


def image_window(node: OnnxNode, kernel: Sequence[int], image: Sequence[int]) -> Window:
    """The window of a node over maps.

    Args:
        node: with attributes strides, pads, dilations, auto_pad, ceil_mode.
        kernel: (KH, KW), which an attribute kernel_shape may only repeat.
        image: (H, W) of the input.

    Raises:
        RefusedError: attributes that contradict each other or that golden has not.
        RangeError: beyond golden's limits.
    """
    kernel = tuple(kernel)
    if integers(node, "kernel_shape", kernel, 2) != kernel:
        raise RefusedError([f"{node.place}: kernel_shape is not that of its weights"])
    stride, dilation = integers(node, "strides", (1, 1), 2), integers(node, "dilations", (1, 1), 2)
    if integer(node, "ceil_mode", 0):
        raise RefusedError([f"{node.place}: ceil_mode = 1: windows that hang over the edge"])
    automatic = text(node, "auto_pad", "NOTSET")
    if automatic == "NOTSET":
        top, left, bottom, right = integers(node, "pads", (0, 0, 0, 0), 4)
    elif automatic == "VALID":
        top = left = bottom = right = 0
    elif automatic in ("SAME_UPPER", "SAME_LOWER"):
        sides = []
        for axis in (0, 1):
            if stride[axis] < 1:
                raise RefusedError([f"{node.place}: strides = {stride}"])
            reach = dilation[axis] * (kernel[axis] - 1) + 1
            outputs = -(-image[axis] // stride[axis])
            total = max(0, (outputs - 1) * stride[axis] + reach - image[axis])
            begin = total // 2 if automatic == "SAME_UPPER" else total - total // 2
            sides.append((begin, total - begin))
        (top, bottom), (left, right) = sides
    else:
        raise RefusedError([f"{node.place}: auto_pad = {automatic!r}"])
    if (top, left) == (bottom, right):
        padding: tuple[int, ...] = (top, left)
    else:
        padding = (top, bottom, left, right)
    form: dict[str, Any] = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return Window(**form)
