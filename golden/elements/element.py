"""What a processing element of the array computes, on integers; its Verilog module computes the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from t2c.common.errors import UserError
from t2c.common.registry import Registry
from t2c.golden.arithmetic.formats import IntArray

ELEMENTS: Registry[type[Element]] = Registry("element", "t2c.golden.elements")
"""Elements by name: ours in this package, those of others by `register_element` in a plug-in."""

Flags = npt.NDArray[np.bool_]


class Element(ABC):
    """A processing element: `span` operands from the west, as many weights that stay, one sum to the south.

    An element adds `sums(operands, weights)` to the partial sum that comes from the north. A column of the array has
    ROWS / span of them. Weights lie in memory as codes, one for each element.

    name: in packages and on command lines; module: of Verilog, with the ports of rtl/mac_pe.v (docs/elements.md);
    span: operands of an element, rows of the array that it takes the place of, a power of two; exact: its sums are
    those of the products, so that a network gives the same on it as on multipliers; widths: least and largest W_W;
    parameters: of the Verilog module, besides A_W, W_W and PSUM_W; verilog: its files, of an element that is neither
    ours nor named by a YAML file.

    One rule holds for every element, and `make sim UNIT=array_element ELEMENT=...` tries it with the others below: what
    a weight of 0 stands beside, or an operand of 0, does not count, so that padding, idle rows and idle columns change
    no sum.
    """

    name: ClassVar[str]
    module: ClassVar[str]
    span: ClassVar[int] = 1
    exact: ClassVar[bool] = True
    widths: ClassVar[tuple[int, int]] = (2, 8)
    parameters: ClassVar[Mapping[str, int]] = {}
    verilog: ClassVar[tuple[Path, ...]] = ()

    @abstractmethod
    def legal(self, weights: IntArray, w_w: int) -> Flags:
        """Which weights an element holds: (..., span) int64 to (...) bool. All zero is legal."""

    @abstractmethod
    def code_bits(self, w_w: int) -> int:
        """Bits of the code of an element's weights, 2..62."""

    @abstractmethod
    def encode(self, weights: IntArray, w_w: int) -> IntArray:
        """The codes of legal weights, 0 .. 2^code_bits - 1: (..., span) to (...); no two have the same."""

    @abstractmethod
    def decode(self, codes: IntArray, w_w: int) -> IntArray:
        """The weights of codes of `encode`: (...) to (..., span)."""

    def sums(self, operands: IntArray, weights: IntArray) -> IntArray:
        """What an element adds: (..., span) each, which broadcast, to (...). Here the sum of the products."""
        return np.asarray((operands * weights).sum(axis=-1))

    def levels(self, w_w: int) -> IntArray:
        """All weights of an element of one operand, ascending: those of -2^w_w .. 2^w_w that are legal."""
        values = np.arange(-(1 << w_w), (1 << w_w) + 1)
        padded = np.zeros((len(values), self.span), dtype=np.int64)
        padded[:, 0] = values
        return values[self.legal(padded, w_w)]

    def largest(self, w_w: int) -> int:
        """The largest magnitude that it holds with either sign, beside weights of 0.

        Raises:
            UserError: it holds nothing else.
        """
        held = set(self.levels(w_w).tolist())
        found = max((value for value in held if -value in held), default=0)
        if not found:
            raise UserError(f"element {self.name!r} holds only some weights together: it needs a `nearest` of its own")
        return found

    def nearest(self, weights: npt.NDArray[np.floating], w_w: int) -> IntArray:
        """Legal weights near real ones, (..., span) each; of an element of several operands it may say how itself.

        Here each weight becomes the nearest level by itself, ties toward 0.

        Raises:
            UserError: what comes out is not legal.
        """
        levels = self.levels(w_w)
        levels = levels[np.abs(levels) <= self.largest(w_w)]
        magnitudes = levels[levels >= 0]
        place = np.searchsorted((magnitudes[1:] + magnitudes[:-1]) / 2, np.abs(weights))
        found = np.asarray(np.sign(weights) * magnitudes[place]).astype(np.int64)
        if not self.legal(found, w_w).all():
            raise UserError(f"element {self.name!r} holds only some weights together: it needs a `nearest` of its own")
        return found

    def bound(self, a_w: int, w_w: int) -> int:
        """Largest |sum| of one element with any operands of a_w bits, signed, and any legal weights."""
        return self.span << (a_w + w_w - 2)


def register_element(kind: type[Element]) -> type[Element]:
    """Make an element known by its name; stands above the class.

    Raises:
        ValueError: another module has registered the name.
    """
    ELEMENTS.register(kind.name, kind)
    return kind
