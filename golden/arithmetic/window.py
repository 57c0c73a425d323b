"""Sliding-window geometry shared by convolution and pooling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.errors import ShapeError

Pair = tuple[int, int]
Padding = tuple[int, int] | tuple[int, int, int, int]
"""(vertical, horizontal) where both sides are alike, or (top, bottom, left, right)."""

MAX_EXTENT = 4096
LIMITS = {
    "kernel": (1, MAX_EXTENT),
    "stride": (1, MAX_EXTENT),
    "padding": (0, MAX_EXTENT),
    "dilation": (1, MAX_EXTENT),
}
"""Least and largest value of each field, on either axis."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Kernel, stride, padding and dilation, each (vertical, horizontal), in pixels.

    Padding that is not the same on both sides is (top, bottom, left, right); four numbers that are become a pair.

    >>> Window(kernel=(3, 3), stride=(2, 2), padding=(1, 1)).output_size(8, 8)
    (4, 4)
    >>> same = Window(kernel=(3, 3), stride=(2, 2), padding=(0, 1, 0, 1))
    >>> same.output_size(8, 8), same.pads, Window(kernel=(2, 2), padding=(1, 1, 0, 0)).padding
    ((4, 4), ((0, 1), (0, 1)), (1, 0))

    Raises:
        RangeError: kernel, stride or dilation below 1, padding below 0, or any above 4096.
        ShapeError: a field is not a pair, nor padding four numbers.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)

    def __post_init__(self) -> None:
        for name, limits in LIMITS.items():
            pair = getattr(self, name)
            four = name == "padding"
            if not isinstance(pair, (tuple, list)) or len(pair) not in ((2, 4) if four else (2,)):
                also = ", or (top, bottom, left, right)" if four else ""
                raise ShapeError(f"{name} = {shown(pair)} is not a pair (vertical, horizontal){also}")
            checked = tuple(check_int(name, value, *limits) for value in pair)
            object.__setattr__(self, name, shortened(checked) if four else checked)

    @property
    def pads(self) -> tuple[Pair, Pair]:
        """((top, bottom), (left, right))."""
        top, bottom, left, right = four_sides(self.padding)
        return (top, bottom), (left, right)

    @property
    def before(self) -> Pair:
        """(top, left): how far the first window begins outside the image."""
        return self.pads[0][0], self.pads[1][0]

    @property
    def taps(self) -> int:
        """Kernel elements per channel."""
        return self.kernel[0] * self.kernel[1]

    def output_size(self, height: int, width: int) -> Pair:
        """Return (OH, OW) with OH = floor((H + top + bottom - dh (KH - 1) - 1) / sh) + 1, likewise OW.

        Raises:
            ShapeError: the dilated kernel does not fit the padded image.
        """
        sizes = []
        for axis, extent in enumerate((height, width)):
            reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
            padded = extent + sum(self.pads[axis])
            span = padded - reach
            if span < 0:
                raise ShapeError(
                    f"window: dilated kernel extent {reach} is larger than the padded image extent {padded}"
                )
            sizes.append(span // self.stride[axis] + 1)
        return sizes[0], sizes[1]


def four_sides(padding: Sequence[int]) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of padding that is a pair or four numbers."""
    top, bottom, left, right = padding if len(padding) == 4 else (padding[0], padding[0], padding[1], padding[1])
    return top, bottom, left, right


def shortened(padding: Sequence[int]) -> Padding:
    """Padding as a pair, if both sides are alike on either axis, else as four numbers.

    >>> shortened((1, 1, 2, 2)), shortened((0, 1, 0, 1)), shortened([3, 0])
    ((1, 2), (0, 1, 0, 1), (3, 0))
    """
    top, bottom, left, right = four_sides(padding)
    return (top, left) if (top, left) == (bottom, right) else (top, bottom, left, right)
