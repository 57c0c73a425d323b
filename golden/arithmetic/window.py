"""Sliding-window geometry shared by convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.errors import ShapeError

Pair = tuple[int, int]

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
    """Kernel, stride, symmetric padding and dilation, each (vertical, horizontal), in pixels.

    >>> Window(kernel=(3, 3), stride=(2, 2), padding=(1, 1)).output_size(8, 8)
    (4, 4)

    Raises:
        RangeError: kernel, stride or dilation below 1, padding below 0, or any above 4096.
        ShapeError: a field is not a pair.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)

    def __post_init__(self) -> None:
        for name, limits in LIMITS.items():
            pair = getattr(self, name)
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise ShapeError(f"{name} = {shown(pair)} is not a pair (vertical, horizontal)")
            checked = tuple(check_int(name, value, *limits) for value in pair)
            object.__setattr__(self, name, checked)

    @property
    def taps(self) -> int:
        """Kernel elements per channel."""
        return self.kernel[0] * self.kernel[1]

    def output_size(self, height: int, width: int) -> Pair:
        """Return (OH, OW) with OH = floor((H + 2 ph - dh (KH - 1) - 1) / sh) + 1, likewise OW.

        Raises:
            ShapeError: the dilated kernel does not fit the padded image.
        """
        sizes = []
        for axis, extent in enumerate((height, width)):
            reach = self.dilation[axis] * (self.kernel[axis] - 1) + 1
            span = extent + 2 * self.padding[axis] - reach
            if span < 0:
                raise ShapeError(
                    f"window: dilated kernel extent {reach} is larger than the padded image extent "
                    f"{extent + 2 * self.padding[axis]}"
                )
            sizes.append(span // self.stride[axis] + 1)
        return sizes[0], sizes[1]
