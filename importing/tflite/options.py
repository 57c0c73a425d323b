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
    "SUB": ("SubOptions", ("FusedActivationFunction",)),
    "MAXIMUM": ("", ()),
    "MINIMUM": ("", ()),
    "RELU_N1_TO_1": ("", ()),
    "RELU_0_TO_1": ("", ()),
    "LEAKY_RELU": ("LeakyReluOptions", ("Alpha",)),
    "PRELU": ("", ()),
    "TRANSPOSE_CONV": ("TransposeConvOptions", ("Padding", "StrideH", "StrideW", "FusedActivationFunction")),
    "BATCH_MATMUL": ("BatchMatMulOptions", ("AdjX", "AdjY")),
    "ABS": ("", ()),
    "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", ("AlignCorners", "HalfPixelCenters")),
    "STRIDED_SLICE": (
        "StridedSliceOptions",
        ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset"),
    ),
    "SLICE": ("", ()),
    "SPLIT": ("SplitOptions", ("NumSplits",)),
    "SPLIT_V": ("SplitVOptions", ("NumSplits",)),
    "PACK": ("PackOptions", ("Axis", "ValuesCount")),
    "UNPACK": ("UnpackOptions", ("Axis", "Num")),
    "SQUEEZE": ("", ()),
    "EXPAND_DIMS": ("", ()),
    "DEPTH_TO_SPACE": ("DepthToSpaceOptions", ("BlockSize",)),
    "SPACE_TO_DEPTH": ("SpaceToDepthOptions", ("BlockSize",)),
    "MIRROR_PAD": ("MirrorPadOptions", ("Mode",)),
    "PADV2": ("", ()),
    "SUM": ("ReducerOptions", ("KeepDims",)),
    "REDUCE_MAX": ("ReducerOptions", ("KeepDims",)),
    "ARG_MAX": ("", ()),
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
