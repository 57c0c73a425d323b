"""Which rows the results table has, and under which settings each is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from t2c.methods import METHODS
from t2c.models.mobilenet_v1 import MobileNetV1
from t2c.models.resnet20 import ResNet20
from t2c.mulquant_constants import Chooser, fixed_format, normalized

SEED = 0

FORMATS: dict[str, Chooser] = {"normalized": normalized, "fixed(4,12)": fixed_format(4, 12)}
"""The MulQuant formats that are compared."""


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Quantisation-aware fine-tuning. images: training images, from the first on; epochs over those; rate: peak."""

    images: int
    epochs: int
    rate: float


@dataclass(frozen=True, kw_only=True)
class Network:
    """A float model of the table.

    title: in the table; make: the untrained model; training: options of the supervised trainer; tuning: by weight bits.
    """

    title: str
    make: Callable[[], nn.Module]
    training: dict[str, float]
    tuning: dict[int, Tuning]


NETWORKS = {
    "resnet20": Network(
        title="ResNet-20",
        make=ResNet20,
        training={"epochs": 3, "rate": 4e-3},
        tuning={
            8: Tuning(images=2000, epochs=1, rate=1e-4),
            4: Tuning(images=4000, epochs=1, rate=5e-4),
            2: Tuning(images=8000, epochs=1, rate=2e-4),
        },
    ),
    "mobilenet_v1": Network(
        title="MobileNet-V1 (0.25)",
        make=lambda: MobileNetV1(0.25),
        training={"epochs": 10, "rate": 4e-3, "shift": 2},
        tuning={
            8: Tuning(images=2000, epochs=1, rate=1e-4),
            4: Tuning(images=8000, epochs=2, rate=1e-3),
            2: Tuning(images=8000, epochs=2, rate=1e-3),
        },
    ),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line: network and method by name, bits, MulQuant format by name."""

    network: str
    method: str
    weight_bits: int
    activation_bits: int
    format: str = "normalized"

    @property
    def name(self) -> str:
        """Unique, fit for a file."""
        form = "" if self.format == "normalized" else "-fixed"
        return f"{self.network}-{self.method}-w{self.weight_bits}a{self.activation_bits}{form}"


PENDING = ("profit",)
"""Methods whose rows have not been made yet."""


def all_rows() -> list[Row]:
    """Every method at every width it is meant for on every network; one of them in the fixed format as well."""
    rows = [
        Row(network=network, method=method.name, weight_bits=weight, activation_bits=activation)
        for network in NETWORKS
        for method in METHODS.values()
        if method.name not in PENDING
        for weight, activation in method.widths
    ]
    fixed = [
        Row(network="resnet20", method="minmax", weight_bits=bits, activation_bits=bits, format="fixed(4,12)")
        for bits in (8, 4)
    ]
    return rows + fixed
