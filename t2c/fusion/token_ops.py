"""The operations of transformers: products of activations, rows, tables, constants, views; and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from t2c.functions import TABULATIONS
from t2c.fusion.ops import Op
from t2c.fusion.views import View
from t2c.layers.running_norm import RunningNorm


@dataclass(frozen=True, kw_only=True)
class Product(Op):
    """Matmul of two activations; factor: of the result, such as 1 / sqrt(d)."""

    factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RowSoftmax(Op):
    """Softmax along axis `dim`; factor: of the input."""

    dim: int
    factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class RowNormalisation(Op):
    """LayerNorm over the last axis with the statistics of each row."""

    module: nn.LayerNorm


@dataclass(frozen=True, kw_only=True)
class RunningNormalisation(Op):
    """LayerNorm with running statistics: a scale and an offset per channel."""

    module: RunningNorm


@dataclass(frozen=True, kw_only=True)
class Tabulated(Op):
    """A function of every element, by its name in `t2c.functions`."""

    function: str

    @property
    def non_negative(self) -> bool:
        """True if the function is never below 0."""
        return TABULATIONS[self.function].non_negative


@dataclass(frozen=True, kw_only=True)
class Scaled(Op):
    """A product with numbers that no input changes; factor: a number, or None if they are the node's other operand."""

    factor: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Offset(Op):
    """A sum with a constant of the tensor's shape; constant: as the chip has it."""

    constant: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Prefix(Op):
    """A tensor and a constant joined; axis, constant: as the chip has them; first: the constant comes first."""

    axis: int
    first: bool
    constant: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Viewing(Op):
    """Axes in another order, split, joined or cut. see: the view of the result; shaped: the result is a reshape."""

    see: Callable[[View, tuple[int, ...]], View]
    on: Callable[[Tensor], Tensor] | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Parting(Op):
    """Several views at once, as a tuple; on: what ATen gives."""

    see: Callable[[View], list[View]]
    on: Callable[[Tensor], Any]


@dataclass(frozen=True, kw_only=True)
class Picked(Op):
    """One of the tensors of a tuple."""

    index: int


@dataclass(frozen=True, kw_only=True)
class TokenMean(Op):
    """Mean over axes; dims: which; keep: they stay, of extent 1."""

    dims: tuple[int, ...]
    keep: bool


@dataclass(frozen=True, kw_only=True)
class DotProductAttention(Op):
    """softmax(q k^T factor) v; factor None is 1 / sqrt(d)."""

    factor: float | None


@dataclass(frozen=True, kw_only=True)
class MultiHead(Op):
    """nn.MultiheadAttention."""

    module: nn.MultiheadAttention


@dataclass(frozen=True, kw_only=True)
class EncoderLayers(Op):
    """One nn.TransformerEncoderLayer or several, and the norm behind them."""

    layers: tuple[nn.TransformerEncoderLayer, ...]
    norm: nn.LayerNorm | None = None


@dataclass(frozen=True, kw_only=True)
class ChipSlice(Op):
    """start .. start + length - 1 along an axis of the chip's tensor."""

    axis: int
    start: int
    length: int


@dataclass(frozen=True, kw_only=True)
class ChipReshape(Op):
    """Another shape of the chip's tensor."""

    shape: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class ChipTranspose(Op):
    """Axes of the chip's tensor in another order."""

    axes: tuple[int, ...]


MOVING = (ChipSlice, ChipReshape, ChipTranspose, Prefix)
"""What moves values without computing any."""
