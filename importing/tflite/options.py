"""What is read of the options of each operator that can be imported."""

from __future__ import annotations

from collections.abc import Mapping

_WINDOW = ("Padding", "StrideW", "StrideH", "FusedActivationFunction")
_DILATION = ("DilationWFactor", "DilationHFactor")

OPTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "CONV_2D": ("Conv2DOptions", (*_WINDOW, *_DILATION)),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", (*_WINDOW, *_DILATION, "DepthMultiplier")),
    "FULLY_CONNECTED": ("FullyConnectedOptions", ("FusedActivationFunction", "WeightsFormat", "KeepNumDims")),
    "AVERAGE_POOL_2D": ("Pool2DOptions", (*_WINDOW, "FilterWidth", "FilterHeight")),
    "MAX_POOL_2D": ("Pool2DOptions", (*_WINDOW, "FilterWidth", "FilterHeight")),
    "ADD": ("AddOptions", ("FusedActivationFunction", "PotScaleInt16")),
    "MUL": ("MulOptions", ("FusedActivationFunction",)),
    "CONCATENATION": ("ConcatenationOptions", ("Axis", "FusedActivationFunction")),
    "SOFTMAX": ("SoftmaxOptions", ("Beta",)),
    "MEAN": ("ReducerOptions", ("KeepDims",)),
    "RESHAPE": ("", ()),
    "PAD": ("", ()),
    "TRANSPOSE": ("", ()),
    "LOGISTIC": ("", ()),
    "QUANTIZE": ("", ()),
    "DEQUANTIZE": ("", ()),
    "TANH": ("", ()),
    "HARD_SWISH": ("", ()),
    "RELU": ("", ()),
    "RELU6": ("", ()),
}
"""By kind: the schema's table and its accessors."""
