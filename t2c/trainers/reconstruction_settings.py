"""Settings of block reconstruction; docs/results.md shows how the defaults were chosen."""

from __future__ import annotations

import math
from dataclasses import dataclass

FIRST_BETA, LAST_BETA = 20.0, 2.0
"""Exponent of the regulariser, from the end of the warm-up to the end."""


@dataclass(frozen=True, kw_only=True)
class Reconstruction:
    """How.

    iterations: steps of Adam for each block; batch: images a step; rate: learning rate of the rounding variables;
    step_rate: of the steps of quantisers that drop, cosine to 0; weight: of the regulariser; warm_up: fraction of the
    iterations without it.

    Raises:
        ValueError: a setting that makes no sense; the message names it.

    Source: Nagel et al., Up or Down? Adaptive Rounding for Post-Training Quantization, ICML 2020, section 3; Wei et
    al., QDrop, ICLR 2022.
    """

    iterations: int = 100
    batch: int = 32
    rate: float = 5e-2
    step_rate: float = 3e-3
    weight: float = 0.01
    warm_up: float = 0.2

    def __post_init__(self) -> None:
        for name in ("iterations", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is less than 1")
        for name in ("rate", "step_rate", "weight"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name}: {getattr(self, name)} is not 0 or a positive number")
        if not 0.0 <= self.warm_up <= 1.0:
            raise ValueError(f"warm_up: {self.warm_up} is not in 0..1")

    def pull(self, step: int) -> tuple[float, float]:
        """Weight and exponent beta of the regulariser at a step, counted from 0."""
        start = self.warm_up * self.iterations
        if step < start:
            return 0.0, FIRST_BETA
        done = (step - start) / max(1.0, self.iterations - start)
        return self.weight, FIRST_BETA + (LAST_BETA - FIRST_BETA) * done
