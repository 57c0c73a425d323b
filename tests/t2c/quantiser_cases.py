"""Every quantiser of weights and of activations, in the forms in which a network uses them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from t2c.calibration import calibrate
from t2c.quantisers import (
    LSQ,
    PACT,
    RCF,
    SAWB,
    SP2,
    AdaRound,
    APoT,
    DuQ,
    DuQActivation,
    LSQActivation,
    MinMax,
    QDrop,
    RCFActivation,
    _QBase,
)

WEIGHTS = (MinMax, SAWB, LSQ, RCF, APoT, AdaRound, SP2, DuQ)
ACTIVATIONS = (MinMax, PACT, LSQActivation, RCFActivation, QDrop, DuQActivation)
SIGNS = {
    "unsigned": {"signed": False, "symmetric": True},
    "signed": {"signed": True, "symmetric": True},
    "free": {"signed": False, "symmetric": False},
    "free_signed": {"signed": True, "symmetric": False},
}


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def calibrated(quantiser: _QBase, *batches: Tensor) -> _QBase:
    with calibrate(quantiser):
        for x in batches:
            quantiser(x)
    return quantiser


def _weight(kind: type[_QBase], bits: int, shape: tuple[int, ...]) -> tuple[_QBase, Tensor]:
    spread = torch.tensor([0.1, 1.0, 3.0, 1e-3])[:, None, None, None]
    return kind(bits, scale_shape=shape, name="w"), normal(4, 3, 3, 3) * spread


def _activation(kind: type[_QBase], bits: int, sign: str) -> tuple[_QBase, Tensor]:
    x = normal(6, 3, 4, 4) * 2 + 0.3
    return kind(bits, **SIGNS[sign], name="x"), x.relu() if sign == "unsigned" else x


Case = Callable[[], tuple[_QBase, Tensor]]

CASES = [
    *(
        pytest.param(lambda k=kind, b=bits, s=shape: _weight(k, b, s), id=f"{kind.__name__}-{bits}-{len(shape)}")
        for kind in WEIGHTS
        for bits in (2, 4, 8)
        for shape in ((), (4, 1, 1, 1))
        if bits in kind.widths
    ),
    *(
        pytest.param(lambda k=kind, b=bits, s=sign: _activation(k, b, s), id=f"{kind.__name__}-{bits}-{sign}")
        for kind in ACTIVATIONS
        for bits in (2, 4, 8)
        for sign in SIGNS
        if bits == 4 or sign != "free_signed"
    ),
]
"""Each makes a quantiser that is not calibrated, and a tensor for it."""
