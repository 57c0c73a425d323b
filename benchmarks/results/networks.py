"""The float networks of the tables, and how long each is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from t2c.models.mobilenet_v1 import MobileNetV1
from t2c.models.resnet18 import ResNet18
from t2c.models.resnet20 import ResNet20
from t2c.models.resnet50 import ResNet50


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network. title: in the tables; model: its class; shape: arguments of it; training: of `Supervised`."""

    title: str
    model: type[nn.Module]
    shape: tuple[tuple[str, float | str], ...] = ()
    training: tuple[tuple[str, float], ...]

    def make(self) -> nn.Module:
        """Untrained; its weights come from torch's global random numbers."""
        shape: dict[str, Any] = dict(self.shape)
        return self.model(**shape)


SMALL = (("classes", 10), ("stem", "cifar"))

NETWORKS = {
    "resnet20": Network(title="ResNet-20", model=ResNet20, training=(("epochs", 3), ("rate", 4e-3))),
    "mobilenet_v1": Network(
        title="MobileNet-V1 (0.25)",
        model=MobileNetV1,
        shape=(("width", 0.25),),
        training=(("epochs", 6), ("rate", 4e-3), ("shift", 2)),
    ),
    "resnet18": Network(
        title="ResNet-18, width 16",
        model=ResNet18,
        shape=(("width", 16), *SMALL),
        training=(("epochs", 2), ("rate", 4e-3)),
    ),
    "resnet50": Network(
        title="ResNet-50, width 8",
        model=ResNet50,
        shape=(("width", 8), *SMALL),
        training=(("epochs", 2), ("rate", 4e-3)),
    ),
}
