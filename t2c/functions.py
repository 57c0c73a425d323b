"""Functions of one number that become tables: in torch for training, in double precision for the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from t2c.golden.arithmetic import lut
from t2c.golden.arithmetic.formats import IntArray, IntFormat
from t2c.golden.errors import RangeError

Scalar = Callable[[float], float]


@dataclass(frozen=True, kw_only=True)
class Tabulation:
    """A function. forward: on tensors, with a gradient; scalar: the same on one number; non_negative: never below 0."""

    forward: Callable[[Tensor], Tensor]
    scalar: Scalar
    non_negative: bool = False


def _by_torch(function: Callable[[Tensor], Tensor]) -> Scalar:
    return lambda x: float(function(torch.tensor(x, dtype=torch.float64)))


def _tanh_gelu(x: Tensor) -> Tensor:
    return F.gelu(x, approximate="tanh")


TABULATIONS: dict[str, Tabulation] = {
    "gelu": Tabulation(forward=F.gelu, scalar=lut.gelu),
    "gelu_tanh": Tabulation(forward=_tanh_gelu, scalar=_by_torch(_tanh_gelu)),
    "silu": Tabulation(forward=F.silu, scalar=lut.silu),
    "tanh": Tabulation(forward=torch.tanh, scalar=lut.FUNCTIONS["tanh"]),
    "sigmoid": Tabulation(forward=torch.sigmoid, scalar=lut.sigmoid, non_negative=True),
    "hardswish": Tabulation(forward=F.hardswish, scalar=_by_torch(F.hardswish)),
    "hardsigmoid": Tabulation(forward=F.hardsigmoid, scalar=_by_torch(F.hardsigmoid), non_negative=True),
}

Exponential = Callable[..., IntArray]
"""exponential(scale=..., depth=..., exponent_bits=...) -> (depth,) integers, as golden's `exp_table`."""


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What tables are made of, where it shall be something else than the function itself.

    functions: by the name of a layer or of a function in TABULATIONS, what its table holds; training goes on with the
    function. exponential: makes the table of softmax from the real step of the scores; exponent_bits: of its entries.

    Raises:
        RangeError: a name that is neither is refused when the network is fused.
    """

    functions: Mapping[str, Scalar] | None = None
    exponential: Exponential = lut.exp_table
    exponent_bits: int = 12

    def scalar(self, layer: str, function: str) -> Scalar:
        """What the table of a layer holds."""
        own = self.functions or {}
        return own.get(layer) or own.get(function) or TABULATIONS[function].scalar

    def check(self, layers: Mapping[str, str]) -> None:
        """Refuse a name that no layer has; layers: function by layer's name.

        Raises:
            RangeError: there is one.
        """
        known = {*layers, *layers.values()}
        for name in self.functions or {}:
            if name not in known:
                raise RangeError(f"tables: no layer or function {name!r}; the model has {', '.join(sorted(known))}")


def results(scalar: Scalar, x: IntFormat, x_scale: float, x_zero_point: int) -> Tensor:
    """The function of every integer of a format, from the least on: float64."""
    values = [scalar(x_scale * (value - x_zero_point)) for value in range(x.lo, x.hi + 1)]
    found = torch.tensor(values, dtype=torch.float64)
    if bool(torch.isnan(found).any()):
        raise RangeError(
            f"table: the function is not a number at integer {x.lo + int(torch.isnan(found).int().argmax())}"
        )
    return found
