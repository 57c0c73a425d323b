"""ResNet-18, for 224 x 224 or 32 x 32 colour images."""

from __future__ import annotations

from t2c.models.basic_block import BasicBlock
from t2c.models.resnet import ResNet
from t2c.models.stems import Stem


class ResNet18(ResNet):
    """The ResNet with 18 weighted layers on the longest path: four stages of two basic blocks.

    11.69 million parameters at width 64 and 1000 classes; 11.17 million in the form for CIFAR with 10 classes.

    Args:
        width: channels of the first stage; 64 in the paper.
        classes: outputs.
        stem: "imagenet" or "cifar", as `ResNet` says.

    Raises:
        ValueError: another stem.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, table 1.
    """

    def __init__(self, width: int = 64, classes: int = 1000, stem: Stem = "imagenet") -> None:
        super().__init__(BasicBlock, (2, 2, 2, 2), width, classes, stem)
