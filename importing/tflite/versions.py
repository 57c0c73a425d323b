"""Up to which version each operator is what it is taken for; newer ones may mean something else."""

from __future__ import annotations

from collections.abc import Mapping

VERSIONS: Mapping[str, int] = {
    "ADD": 2,
    "AVERAGE_POOL_2D": 2,
    "CONCATENATION": 2,
    "CONV_2D": 8,
    "DEQUANTIZE": 5,
    "DEPTHWISE_CONV_2D": 7,
    "FULLY_CONNECTED": 12,
    "HARD_SWISH": 1,
    "LOGISTIC": 2,
    "MAX_POOL_2D": 2,
    "MEAN": 2,
    "MUL": 2,
    "PAD": 2,
    "QUANTIZE": 3,
    "RELU": 2,
    "RELU6": 2,
    "RESHAPE": 1,
    "SOFTMAX": 2,
    "TANH": 2,
    "TRANSPOSE": 2,
}
"""By kind."""
