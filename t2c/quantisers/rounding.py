"""The rounding modes on real numbers, for the training path; those of integers are `t2c.integer.requantise`."""

from __future__ import annotations

import torch
from torch import Tensor

from t2c.golden.arithmetic.rounding import Rounding


def round_real(x: Tensor, rounding: Rounding) -> Tensor:
    """Return x rounded to whole numbers in a mode of docs/arithmetic.md section 2; x is finite.

    Exact: the fraction is taken on the side of zero where it is a float. double is half_up, as it is for S <= 31.

    >>> [round_real(torch.tensor([-2.5, -0.5, 0.5, 1.5]), mode).tolist() for mode in (Rounding.HALF_UP, Rounding.FLOOR)]
    [[-2.0, 0.0, 1.0, 2.0], [-3.0, -1.0, 0.0, 1.0]]
    """
    if rounding is Rounding.FLOOR:
        return torch.floor(x)
    if rounding is Rounding.HALF_EVEN:
        return torch.round(x)
    whole = torch.trunc(x)
    fraction = x - whole  # exact, and of the sign of x
    if rounding is Rounding.HALF_AWAY:
        return whole + (fraction >= 0.5).to(x.dtype) - (fraction <= -0.5).to(x.dtype)
    return whole + (fraction >= 0.5).to(x.dtype) - (fraction < -0.5).to(x.dtype)
