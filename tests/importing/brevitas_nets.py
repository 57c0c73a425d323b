"""Small networks in Brevitas, with seeded weights, exported as QONNX."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

CNN_SHAPE, MLP_SHAPE = (3, 8, 8), (1, 8, 8)


def _brevitas() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import brevitas.nn
        import brevitas.quant

    return brevitas


def cnn(bits: int, *, powers: bool) -> nn.Module:
    """Two convolutions with batch normalisation, max and average pooling, one linear layer.

    powers: scales are powers of two, where float32 is exact.
    """
    quant, layers = _brevitas().quant, _brevitas().nn
    weight = quant.Int8WeightPerTensorFixedPoint if powers else quant.Int8WeightPerChannelFloat
    act = quant.Int8ActPerTensorFixedPoint if powers else quant.Int8ActPerTensorFloat
    relu = quant.Uint8ActPerTensorFixedPoint if powers else quant.Uint8ActPerTensorFloat
    return nn.Sequential(
        layers.QuantIdentity(bit_width=8, act_quant=act),
        layers.QuantConv2d(3, 8, 3, padding=1, bias=False, weight_bit_width=bits, weight_quant=weight),
        nn.BatchNorm2d(8),
        layers.QuantReLU(bit_width=bits, act_quant=relu),
        nn.MaxPool2d(2),
        layers.QuantConv2d(8, 16, 3, padding=1, groups=2, bias=True, weight_bit_width=bits, weight_quant=weight),
        nn.BatchNorm2d(16),
        layers.QuantReLU(bit_width=bits, act_quant=relu),
        nn.AvgPool2d(4),
        layers.QuantIdentity(bit_width=bits, act_quant=act),
        nn.Flatten(),
        layers.QuantLinear(16, 10, bias=True, weight_bit_width=bits),
        layers.QuantIdentity(bit_width=8, act_quant=act),
    )


def mlp(bits: int, *, powers: bool) -> nn.Module:
    """Three linear layers."""
    quant, layers = _brevitas().quant, _brevitas().nn
    weight = quant.Int8WeightPerTensorFixedPoint if powers else quant.Int8WeightPerTensorFloat
    act = quant.Int8ActPerTensorFixedPoint if powers else quant.Int8ActPerTensorFloat
    relu = quant.Uint8ActPerTensorFixedPoint if powers else quant.Uint8ActPerTensorFloat

    def linear(inputs: int, outputs: int, *, bias: bool) -> nn.Module:
        made: nn.Module = layers.QuantLinear(inputs, outputs, bias=bias, weight_bit_width=bits, weight_quant=weight)
        return made

    return nn.Sequential(
        nn.Flatten(),
        layers.QuantIdentity(bit_width=8, act_quant=act),
        linear(64, 32, bias=True),
        nn.BatchNorm1d(32),
        layers.QuantReLU(bit_width=bits, act_quant=relu),
        linear(32, 32, bias=False),
        nn.BatchNorm1d(32),
        layers.QuantReLU(bit_width=bits, act_quant=relu),
        linear(32, 10, bias=True),
        layers.QuantIdentity(bit_width=8, act_quant=act),
    )


def exported(made: Any, shape: tuple[int, ...], bits: int, path: Path, *, powers: bool) -> Path:
    """Build a network, let it see seeded inputs so that its scales settle, and write it as QONNX."""
    torch.manual_seed(bits)
    model = made(bits, powers=powers)
    model.train()
    for _ in range(5):
        model(torch.randn(32, *shape))
    for layer in model.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias, std=0.3)
    model.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from brevitas.export import export_qonnx

        export_qonnx(model, args=torch.randn(1, *shape), export_path=str(path), dynamo=False)
    return path
