"""ResNet-50, for 224 x 224 or 32 x 32 colour images."""

from __future__ import annotations

from t2c.models.bottleneck import Bottleneck
from t2c.models.resnet import ResNet
from t2c.models.stems import Stem


class ResNet50(ResNet):
    """The ResNet with 50 weighted layers on the longest path: four stages of 3, 4, 6 and 3 bottlenecks.

    25.56 million parameters at width 64 and 1000 classes; 23.52 million in the form for CIFAR with 10 classes.

    Args:
        width: channels inside the bottlenecks of the first stage, which give four times as many; 64 in the paper.
        classes: outputs.
        stem: "imagenet" or "cifar", as `ResNet` says.

    Raises:
        ValueError: another stem.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, table 1.
    """

    def __init__(self, width: int = 64, classes: int = 1000, stem: Stem = "imagenet") -> None:
        super().__init__(Bottleneck, (3, 4, 6, 3), width, classes, stem)
