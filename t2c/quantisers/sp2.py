"""SP2: levels that are sums of two powers of two, so that a product is two shifts and an add."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from t2c.quantisers.levels import sp2_magnitudes
from t2c.quantisers.weights import WeightQuantiser


class SP2(WeightQuantiser):
    """Sum of two powers of two, for weights.

    Value:     s q with q the nearest of +-level in units of 2^-F, s = alpha / L, L the largest. Levels q1 + q2,
               q_i in {0, 2^-1, ..., 2^-(2^m_i - 1)}, b = 1 + m1 + m2, m1 >= m2. 4 bits: {0, 1, 2, 4, 5, 6, 8} / 8.
               A tie goes to the smaller magnitude.
    Gradient:  of w: 1 for |w| <= alpha, 0 outside.
    Learned:   nothing; alpha is frozen after calibration.
    Start:     of the clips k/80 max|w|, k = 1..80, the one with the least squared error, per tensor or per channel.
    Integers:  2, 3, 4, 5 bits of code are stored as s2, s3, s5, s5 (largest level 1, 2, 8, 8). At 2 bits it is ternary.
    Limits:    2..5 bits: 6 bits need 128, which takes 9 bits. Weights only.

    The paper trains with ADMM (`TRAINER["admm"]`) and mixes SP2 with fixed-point rows to fit an FPGA (`MSQ`); this is
    the projection and the straight-through gradient. For bell-shaped weights the squared error of SP2 is not below that
    of evenly spaced levels of the same code width, each with its best alpha: what it saves is the multiplier.

    Source: Chang et al., Mix and Match: a novel FPGA-centric deep neural network quantization framework, HPCA 2021,
    section 3 (SP2).
    """

    level_set = staticmethod(sp2_magnitudes)
    widths: ClassVar[tuple[int, ...]] = (2, 3, 4, 5)
    widths_reason: ClassVar[str] = "from 6 bits the levels need integers of 9 bits or more where the chip has at most 8"
    activation_reason: ClassVar[str] = "MulQuant makes evenly spaced levels only"

    def observe(self, x: Tensor) -> None:
        self.set_scale(self.least_squares_step(x))
