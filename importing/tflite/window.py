"""The window of an operator: sizes, and padding as the file asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.golden.arithmetic.window import MAX_EXTENT
from t2c.importing.errors import RefusedError
from t2c.importing.tflite.placed import Placed
from t2c.importing.tflite.schema import TfliteOperator

SAME, VALID = 0, 1
Sides = tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class SlidingWindow:
    """kernel, stride, dilation: (vertical, horizontal); padding: above, below, left, right; output: height, width."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Sides
    output: tuple[int, int]

    def golden_padding(self) -> tuple[int, int] | Sides:
        """A pair where it is symmetric."""
        top, bottom, left, right = self.padding
        return (top, left) if (top, left) == (bottom, right) else self.padding


def sliding_window(op: TfliteOperator, size: tuple[int, int], kernel: tuple[int, int], pads: Sides) -> SlidingWindow:
    """The window of a convolution or a pooling.

    Args:
        op: the operator.
        size: height and width of the source's tensor, its pads included.
        kernel: height and width.
        pads: of the source's tensor that golden's does not have.

    Raises:
        RefusedError: a number that no window has.
    """
    options = op.options
    stride = (int(options["StrideH"]), int(options["StrideW"]))
    dilation = (int(options.get("DilationHFactor", 1)), int(options.get("DilationWFactor", 1)))
    for what, pair in (("stride", stride), ("dilation", dilation), ("kernel", kernel)):
        if not all(1 <= number <= MAX_EXTENT for number in pair):
            raise RefusedError([f"{op.label}: {what} {pair} is outside 1..{MAX_EXTENT}"])
    mode = int(options["Padding"])
    if mode not in (SAME, VALID):
        raise RefusedError([f"{op.label}: padding {mode} is neither SAME nor VALID"])
    if mode == SAME and any(pads):
        raise RefusedError([f"{op.label}: padding SAME of a tensor that is padded already"])
    sides, output = list(pads), []
    for axis in range(2):
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        if mode == SAME:
            count = -(-size[axis] // stride[axis])
            total = max((count - 1) * stride[axis] + reach - size[axis], 0)
            sides[2 * axis], sides[2 * axis + 1] = total // 2, total - total // 2
        else:
            count = (size[axis] - reach) // stride[axis] + 1
        if count < 1:
            raise RefusedError([f"{op.label}: a window of {reach} does not fit {size[axis]} pixels"])
        output.append(count)
    top, bottom, left, right = sides
    return SlidingWindow(
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=(top, bottom, left, right),
        output=(output[0], output[1]),
    )


def padded_size(placed: Placed) -> tuple[int, int]:
    """Height and width of the source's tensor."""
    _, height, width = placed.shape
    top, bottom, left, right = placed.pads
    return height + top + bottom, width + left + right
