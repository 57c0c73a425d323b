"""The rounding modes on real numbers, for the training path; those of integers are `t2c.integer.requantise`."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.golden.arithmetic.rounding import Rounding


def round_real(x: Tensor, rounding: Rounding) -> Tensor:
    """Return x rounded to whole numbers in a mode of docs/arithmetic.md section 2; x is finite, 2 x too.

    Exact: half_up is ceil(floor(2 x) / 2), half_away takes the fraction on the side of zero, where it is a float.
    double is half_up, as it is for S <= 31.

    >>> [round_real(torch.tensor([-2.5, -0.5, 0.5, 1.5]), mode).tolist() for mode in (Rounding.HALF_UP, Rounding.FLOOR)]
    [[-2.0, 0.0, 1.0, 2.0], [-3.0, -1.0, 0.0, 1.0]]
    """
    if rounding is Rounding.FLOOR:
        return torch.floor(x)
    if rounding is Rounding.HALF_EVEN:
        return torch.round(x)
    if rounding is Rounding.HALF_AWAY:
        whole = torch.trunc(x)
        fraction = x - whole  # exact, and of the sign of x
        return whole + (fraction >= 0.5).to(x.dtype) - (fraction <= -0.5).to(x.dtype)
    return (2 * x).floor().div(2).ceil() + 0.0  # doubling and halving are exact; + 0.0 makes -0 a 0
