"""APoT: levels that are sums of powers of two, under a learned clip."""

from __future__ import annotations

from typing import ClassVar

from t2c.quantisers.levels import apot_magnitudes
from t2c.quantisers.rcf import RCF


class APoT(RCF):
    """Additive powers of two under the reparameterised clipping function, for weights.

    Value:     as `RCF`, with Pi the nearest of +-levels. 4 bits: {0, .1, .2, .3, .4, .6, .8, 1}, as integers
               {0, 1, 2, 3, 4, 6, 8, 10}, L = 10. A tie goes to the smaller magnitude.
    Gradient, learned, start: as `RCF`.
    Integers:  2, 3, 4, 5 bits of code are stored as s2, s4, s5, s7 (largest level 1, 4, 10, 48). At 2 bits there is
               one magnitude and APoT is RCF.
    Limits:    2..5 bits; weights only, per tensor or per channel.

    Source: Li, Dong, Wang, Additive Powers-of-Two Quantization, ICLR 2020, Eq. 5-9.
    """

    level_set = staticmethod(apot_magnitudes)
    widths: ClassVar[tuple[int, ...]] = (2, 3, 4, 5)
    widths_reason: ClassVar[str] = (
        "these are the paper's level sets, and 7 bits would need integers of 10 bits where the chip has at most 8"
    )
    activation_reason: ClassVar[str] = "MulQuant makes evenly spaced levels only"
