"""MSQ: filters of little variance in sums of powers of two, the others evenly spaced, for columns of both kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from t2c.golden.errors import RangeError, UnsupportedError
from t2c.quantisers.levels import sp2_magnitudes
from t2c.quantisers.weights import WeightQuantiser

SHARE = 0.5
"""Of the filters of a layer that are SP2, if nobody says: as many columns of either kind."""


class MSQ(WeightQuantiser):
    """Mixed scheme quantisation, for weights, one scale for each filter.

    Value:     of an SP2 filter s q with q the nearest of +-{0, 1, 2, 4, 5, 6, 8}, of another one the nearest integer of
               -7..7; a tie as of SP2, and to even.
    Rows:      the `share` of the filters with the least variance are SP2. Layers whose outputs are added have the same
               rows (`choose_rows`): by the sum of their variances, each in parts of its layer's mean.
    Gradient:  of w: 1 for |w| <= alpha, 0 outside.
    Learned:   nothing; alpha and the rows are frozen after calibration.
    Start:     of the clips k/80 max|w|, k = 1..80, the one with the least squared error, per filter.
    Integers:  s5, since SP2 has 8; on hardware each kind has a code of 4 bits.
    Limits:    4 bits, a scale for each filter. Weights only.

    The paper takes the share from a device's balance of LUTs and DSPs, which `make cost BALANCE=` measures; here it is
    an option, and what the columns of an array are says the rest.

    Args:
        share: 0..1 of the filters of a layer, rounded to a whole number of filters.
        others: as `WeightQuantiser`.

    Raises:
        RangeError: no such share.
        UnsupportedError: one scale for the whole tensor.

    Source: Chang et al., Mix and Match: a novel FPGA-centric deep neural network quantization framework, HPCA 2021,
    section 4 (MSQ, row-wise by variance, straight-through projection).
    """

    level_set = staticmethod(sp2_magnitudes)
    widths: ClassVar[tuple[int, ...]] = (4,)
    widths_reason: ClassVar[str] = "both kinds of columns have codes of 4 bits"
    activation_reason: ClassVar[str] = "MulQuant makes evenly spaced levels only"

    rows: Tensor
    chosen: Tensor

    def __init__(
        self,
        bits: int,
        *,
        scale_shape: tuple[int, ...] = (),
        name: str = "quantiser",
        share: float = SHARE,
        **options: Any,
    ) -> None:
        super().__init__(bits, scale_shape=scale_shape, name=name, **options)
        if not 0 <= share <= 1:
            raise RangeError(f"{name}: share = {share} is not in 0..1")
        if not scale_shape:
            raise UnsupportedError(f"{name}: MSQ has a scale for each filter, and this is one for the whole tensor")
        self.share = share
        self.fixed_top = (1 << (bits - 1)) - 1
        self.register_buffer("rows", torch.zeros(scale_shape, dtype=torch.bool))
        self.register_buffer("chosen", torch.tensor(False))

    @property
    def tops(self) -> Tensor:
        """Largest level of each filter."""
        return torch.where(self.rows, self.top, self.fixed_top).to(self.scale.dtype)

    def clip(self, v: Tensor) -> Tensor:
        return v.clamp(-self.tops, self.tops)

    def project(self, v: Tensor) -> Tensor:
        """The nearest level to v of each filter's kind."""
        return torch.where(self.rows, super().project(v), v.round())

    def observe(self, x: Tensor) -> None:
        if not bool(self.chosen):
            self.choose(least(variances(x), self.share))
        self.set_scale(self.least_squares_step(x))

    def choose(self, rows: Tensor) -> None:
        """Say which filters are SP2: bool (O,)."""
        self.rows.copy_(rows.reshape(self.rows.shape))
        self.chosen.fill_(True)


def variances(weight: Tensor) -> Tensor:
    """Of each filter of (O, ...), in parts of the mean of all: (O,)."""
    found = weight.detach().flatten(1).var(dim=1, unbiased=False)
    return found / found.mean().clamp_min(torch.finfo(found.dtype).tiny)


def least(values: Tensor, share: float) -> Tensor:
    """Bool (O,): the share with the least values; of equal ones the first."""
    rows = torch.zeros(len(values), dtype=torch.bool)
    rows[values.argsort(stable=True)[: round(share * len(values))]] = True
    return rows


def choose_rows(weights: Mapping[str, Tensor], quantisers: Mapping[str, MSQ], ties: Sequence[Sequence[str]]) -> None:
    """Give layers whose outputs meet channel by channel the same rows.

    Args:
        weights: (O, ...) of each layer, by name.
        quantisers: of them.
        ties: names of layers with the same channels.
    """
    for names in ties:
        tied = [name for name in names if name in quantisers]
        if tied:
            rows = least(sum((variances(weights[name]) for name in tied), torch.zeros(())), quantisers[tied[0]].share)
            for name in tied:
                quantisers[name].choose(rows)
