"""What the bench expects: golden's arithmetic, in the order in which the module computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant, OutputStage, Widths, mulquant
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder, scaled_sum
from t2c.tb.dut.own_arithmetic import OwnArithmetic
from t2c.tb.units.mulquant.stimulus import Config, Item, Vector


@dataclass(frozen=True, kw_only=True)
class Arithmetic:
    """A requantiser in golden, or in a function of the user's own.

    widths: of operands; out_w: bits of a result; order: of its operations; own: the function, if there is one.
    """

    widths: Widths
    out_w: int
    order: RequantiserOrder
    own: OwnArithmetic | None = None

    def results(self, config: Config, items: Sequence[Item]) -> list[int]:
        """The unit's output for each item: the low OUT_W bits of golden's."""
        found = np.empty(len(items), dtype=np.int64)
        single = [index for index, item in enumerate(items) if len(item) == 1]
        if single:
            found[single] = self._singles(config, [items[index][0] for index in single])
        double = [index for index, item in enumerate(items) if len(item) == 2]
        if double:
            # t2c.golden.arithmetic.mulquant.residual_add's formula, for operands wider than activations.
            pairs = [items[index] for index in double]
            p = [a.acc * a.multiplier + a.bias + b.acc * b.multiplier for a, b in pairs]
            found[double] = OutputStage(**vars(config)).requantise(np.array(p), [b.shift for _, b in pairs])
        return [int(q) % (1 << self.out_w) for q in found]

    def _singles(self, config: Config, vectors: Sequence[Vector]) -> IntArray:
        if self.own:
            stage = {**vars(config), "rounding": config.rounding.value}
            return np.array([self.own.result({**vars(vector), **stage}) for vector in vectors])
        acc, multiplier, bias, shift = (
            np.array([getattr(vector, name) for vector in vectors]) for name in ("acc", "multiplier", "bias", "shift")
        )
        if self.order != RequantiserOrder():
            return OutputStage(**vars(config)).requantise(scaled_sum(acc, multiplier, bias, self.order), shift)
        constants = MulQuant(multiplier=multiplier, bias=bias, shift=shift, widths=self.widths, **vars(config))
        return np.array(mulquant(acc[np.newaxis], constants, channel_axis=1)[0])
