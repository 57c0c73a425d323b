"""Methods of quantisation by name: which quantisers, how they are trained, at which widths."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from t2c.fusion import LayerBits, NetFuser
from t2c.golden.errors import UnsupportedError
from t2c.quantisers import (
    LSQ,
    MSQ,
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

END_BITS = 8
"""Bits of the input and of the weights of the first and the last layer, whatever the others have."""

Training = Literal["ptq", "reconstruct", "qat", "profit"]


@dataclass(frozen=True, kw_only=True)
class UniformEnds:
    """A weight quantiser that is MinMax where the first and the last layer's 8 bits do not exist in `weight`.

    weight: the method's quantiser; own: layers whose width the user gave, which are never replaced.
    """

    weight: Callable[..., _QBase]
    own: frozenset[str] = frozenset()

    def __call__(self, bits: int, *, name: str, **options: Any) -> _QBase:
        replace = bits == END_BITS and name.removesuffix(".weight") not in self.own
        return (MinMax if replace else self.weight)(bits, name=name, **options)


@dataclass(frozen=True, kw_only=True)
class Method:
    """A named way to quantise.

    name: on the command line; title: for people; weight, activation: classes, or factories with the arguments of
    `_QBase`; per_channel: one weight scale per output channel; training: "ptq" calibrates only, "reconstruct" learns
    layer by layer from calibration images, "qat" trains on labels, "profit" too, in phases; widths: the (weight,
    activation) bits that the method is meant for; source: the paper.
    """

    name: str
    title: str
    weight: Callable[..., _QBase]
    activation: Callable[..., _QBase]
    per_channel: bool = True
    training: Training
    widths: tuple[tuple[int, int], ...] = field(default=((8, 8), (4, 4), (2, 2)))
    source: str

    def fuser(self, weight_bits: int, activation_bits: int, **options: Any) -> functools.partial[NetFuser]:
        """Return what `T2C(model, fuser=...)` takes; options are those of NetFuser and win.

        If either width is below 8, the input tensor and the weights of the first and the last layer stay at 8 bits
        (`first_last_bits`). A weight quantiser that has no 8 bits is MinMax there, and only there: widths that the
        caller gives, in weight_bits or layer_bits, are never replaced.

        Raises:
            UnsupportedError: the method's weights do not have weight_bits.
        """
        widths = getattr(self.weight, "widths", None)
        if widths is not None and weight_bits in range(2, 9) and weight_bits not in widths:
            known, reason = ", ".join(map(str, widths)), getattr(self.weight, "widths_reason", "")
            raise UnsupportedError(f"method {self.name!r} has no {weight_bits}-bit weights, only {known}: {reason}")
        weight = self.weight
        if widths is not None and END_BITS not in widths:
            layers: Mapping[str, LayerBits] = options.get("layer_bits") or {}
            own = frozenset(name for name, bits in layers.items() if bits.weight is not None)
            weight = UniformEnds(weight=weight, own=own)
        chosen: dict[str, Any] = {
            "weight_bits": weight_bits,
            "activation_bits": activation_bits,
            "weight_quantiser": weight,
            "activation_quantiser": self.activation,
            "per_channel": self.per_channel,
            "first_last_bits": END_BITS if min(weight_bits, activation_bits) < END_BITS else None,
        }
        return functools.partial(NetFuser, **chosen | options)


_ALL = (
    Method(
        name="minmax-tensor",
        title="MinMax, one weight scale per tensor",
        weight=MinMax,
        activation=MinMax,
        per_channel=False,
        training="ptq",
        widths=((8, 8), (4, 4)),
        source="Torch2Chip, MLSys 2024",
    ),
    Method(
        name="minmax",
        title="MinMax, one weight scale per channel",
        weight=MinMax,
        activation=MinMax,
        training="ptq",
        widths=((8, 8), (4, 4)),
        source="Torch2Chip, MLSys 2024",
    ),
    Method(
        name="sawb",
        title="SAWB weights, PACT activations",
        weight=SAWB,
        activation=PACT,
        per_channel=False,
        training="qat",
        source="Choi et al., SysML 2019",
    ),
    Method(
        name="pact",
        title="MinMax weights, PACT activations",
        weight=MinMax,
        activation=PACT,
        training="qat",
        source="Choi et al., 2018",
    ),
    Method(
        name="lsq",
        title="LSQ weights and activations",
        weight=LSQ,
        activation=LSQActivation,
        training="qat",
        source="Esser et al., ICLR 2020",
    ),
    Method(
        name="rcf",
        title="RCF weights and activations, evenly spaced",
        weight=RCF,
        activation=RCFActivation,
        training="qat",
        source="Li et al., ICLR 2020",
    ),
    Method(
        name="apot",
        title="APoT weights, RCF activations",
        weight=APoT,
        activation=RCFActivation,
        training="qat",
        widths=((4, 4), (2, 2)),
        source="Li et al., ICLR 2020",
    ),
    Method(
        name="adaround",
        title="AdaRound weights, MinMax activations",
        weight=AdaRound,
        activation=MinMax,
        training="reconstruct",
        widths=((8, 8), (4, 4)),
        source="Nagel et al., ICML 2020",
    ),
    Method(
        name="qdrop",
        title="AdaRound weights, QDrop activations",
        weight=AdaRound,
        activation=QDrop,
        training="reconstruct",
        source="Wei et al., ICLR 2022",
    ),
    Method(
        name="sp2",
        title="SP2 weights, LSQ activations",
        weight=SP2,
        activation=LSQActivation,
        training="qat",
        widths=((4, 4), (2, 2)),
        source="Chang et al., HPCA 2021",
    ),
    Method(
        name="msq",
        title="SP2 and evenly spaced filters, LSQ activations",
        weight=MSQ,
        activation=LSQActivation,
        training="qat",
        widths=((4, 4),),
        source="Chang et al., HPCA 2021",
    ),
    Method(
        name="profit",
        title="DuQ weights and activations",
        weight=DuQ,
        activation=DuQActivation,
        training="profit",
        source="Park and Yoo, ECCV 2020",
    ),
)

METHODS: dict[str, Method] = {method.name: method for method in _ALL}


def find_method(name: str) -> Method:
    """Return a method by name.

    Raises:
        LookupError: there is none; the message lists the names.
    """
    if name not in METHODS:
        raise LookupError(f"no method {name!r}; there are {', '.join(METHODS)}")
    return METHODS[name]


def with_share(method: Method, share: float) -> Method:
    """The method msq with another share of SP2 filters, 0..1."""

    class Shared(MSQ):
        """MSQ whose share is the user's."""

        def __init__(self, bits: int, **given: Any) -> None:
            super().__init__(bits, share=share, **given)

    return replace(method, weight=Shared)
