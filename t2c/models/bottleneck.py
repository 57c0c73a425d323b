"""The residual block that ResNet-50 is made of."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, each with BatchNorm and all but the last with ReLU; relu(that of x + shortcut(x)).

    (N, inputs, H, W) -> (N, 4 width, ceil(H / stride), ceil(W / stride)).

    The stride is that of the 3x3 convolution, as in torchvision (the paper's is in the first 1x1; the parameters are
    the same). The shortcut is the identity where the shapes agree, otherwise a 1x1 convolution with that stride and
    BatchNorm (option B). Parameters are called as in torchvision's ResNet.

    Source: He et al., Deep Residual Learning for Image Recognition, CVPR 2016, figure 5 and section 3.3.
    """

    expansion: ClassVar[int] = 4

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = self.expansion * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu3 = nn.ReLU()
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            conv = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.downsample = nn.Sequential(conv, nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.relu2(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        out: Tensor = self.relu3(y + self.downsample(x))
        return out
