"""What quantisers of weights alone share: refusing activations, level sets, the clip of least squared error."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS
from t2c.quantisation_parameters import QuantisationParameters
from t2c.quantisers.base import _QBase
from t2c.quantisers.learned import straight_through

CANDIDATES = 80
"""Clips that the search for the least squared error tries: k/80 of the largest magnitude, k = 1..80."""


def container(top: int) -> IntFormat:
    """The narrowest signed format that holds -top..top."""
    return IntFormat(bits=top.bit_length() + 1, signed=True)


class WeightQuantiser(_QBase):
    """Signed, symmetric, levels -top..top; refuses to quantise activations, by name.

    Without a level set the levels are all integers -hi..hi of the code. With one they are +-magnitudes, and `format` is
    the narrowest that holds them, wider than the code: level / 2^-F is an integer, and that integer is what the chip
    multiplies by.

    Args:
        bits, scale_shape, name: as `_QBase`.
        options: `signed`, `symmetric`; only activation quantisers are given them.

    Raises:
        UnsupportedError: for an activation, or for integers above 8 bits.
    """

    level_set: ClassVar[staticmethod[[int], tuple[int, ...]] | None] = None
    activation_reason: ClassVar[str] = "its step follows the tensor, which for an activation is a constant of the chip"

    table: Tensor

    def __init__(
        self, bits: int, *, scale_shape: tuple[int, ...] = (), name: str = "quantiser", **options: Any
    ) -> None:
        super().__init__(bits, scale_shape=scale_shape, name=name)
        if options:
            raise self._refuse_activation()
        self.top = self.format.hi
        self._searched: tuple[Tensor, Tensor] | None = None
        if self.level_set is None:
            return
        levels = self.level_set(bits)
        self.top = levels[-1]
        self.format = container(self.top)
        if self.format.bits > MAX_OPERAND_BITS:
            raise UnsupportedError(
                f"{name}: {type(self).__name__} of {bits} bits needs integers of {self.format.bits} bits; "
                f"the chip has at most {MAX_OPERAND_BITS}"
            )
        values = torch.tensor(levels, dtype=self.scale.dtype)
        halves = torch.arange(2 * self.top + 1, dtype=self.scale.dtype) / 2
        nearest = torch.bucketize(halves, (values[1:] + values[:-1]) / 2)
        self.register_buffer("table", values[nearest], persistent=False)

    @property
    def tops(self) -> Tensor | int:
        """The largest level; of each filter, broadcast as the scale, where they differ."""
        return self.top

    def clip(self, v: Tensor) -> Tensor:
        """v within -tops..tops."""
        return v.clamp(-self.top, self.top)

    def _refuse_activation(self) -> UnsupportedError:
        return UnsupportedError(
            f"{self.name}: {type(self).__name__} quantises weights, not activations: {self.activation_reason}"
        )

    @property
    def reading(self) -> QuantisationParameters:
        """Only activations are read.

        Raises:
            UnsupportedError: always.
        """
        raise self._refuse_activation()

    def given(self, x: Tensor | None) -> Tensor:
        """x, of a step that follows the tensor.

        Raises:
            UnsupportedError: there is none, because an activation quantiser was asked.
        """
        if x is None:
            raise self._refuse_activation()
        return x

    def project(self, v: Tensor) -> Tensor:
        """The nearest level to v in -top..top; ties to even, or to the smaller magnitude in a level set.

        The middle between two levels is a multiple of 1/2, so all v in (k - 1, k] / 2 have one level: table[k].
        """
        if self.level_set is None:
            return v.round()
        half = torch.ceil(2 * v.abs()).to(torch.int32)
        return torch.sign(v) * self.table.index_select(0, half.flatten()).reshape(v.shape)

    def q(self, x: Tensor) -> Tensor:
        """The levels nearest to x / step; gradient 1/step inside the clip, 0 outside, none of the step."""
        inside = self.clip(x / self.step(x))
        return straight_through(self.project(inside), inside)

    def mean(self, x: Tensor) -> Tensor:
        """Mean per scale, shaped like the scale."""
        return x.mean(self.shared_axes(x), keepdim=bool(self.scale.ndim))

    def least_squares_step(self, x: Tensor) -> Tensor:
        """Of the steps that clip at k/80 of the largest magnitude, the one with the least squared error; 0 if x is."""
        if self._searched is not None and torch.equal(self._searched[0], x):
            return self._searched[1]  # one calibration shows the same weights with every batch
        reach = x.abs().amax(self.shared_axes(x), keepdim=bool(self.scale.ndim))
        best, least = reach / self.tops, torch.full_like(reach, torch.inf)
        for k in range(1, CANDIDATES + 1):
            step = reach * (k / CANDIDATES) / self.tops
            safe = torch.where(step > 0, step, torch.ones_like(step))
            error = self.mean((safe * self.project(self.clip(x / safe)) - x) ** 2)
            best = torch.where(error < least, step, best)
            least = torch.minimum(error, least)
        self._searched = x.clone(), best
        return best

    def freeze(self) -> None:
        super().freeze()
        self._searched = None
