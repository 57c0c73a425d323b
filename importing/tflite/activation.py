"""The activation that an operator is fused with: bounds of its output."""

from __future__ import annotations

import math

import numpy as np

from t2c.importing.errors import RefusedError
from t2c.importing.tflite.placed import format_of, zero_point
from t2c.importing.tflite.schema import TfliteOperator, TfliteTensor

REAL_BOUNDS: dict[int, tuple[float | None, float | None]] = {
    0: (None, None),
    1: (0.0, None),
    2: (-1.0, 1.0),
    3: (0.0, 6.0),
}
"""By ActivationFunctionType: NONE, RELU, RELU_N1_TO_1, RELU6."""


def quantised(real: float, tensor: TfliteTensor) -> int:
    """zp + round(real / scale) in float32, halves away from zero, as `CalculateActivationRangeQuantized` has it."""
    steps = float(np.float32(real) / np.float32(tensor.scales[0]))
    return zero_point(tensor) + int(math.copysign(math.floor(abs(steps) + 0.5), steps))


def output_range(op: TfliteOperator, output: TfliteTensor) -> tuple[int, int]:
    """Least and largest output of an operator; raise RefusedError for another activation."""
    function = int(op.options["FusedActivationFunction"])
    if function not in REAL_BOUNDS:
        raise RefusedError([f"{op.label}: fused activation {function} is none of NONE, RELU, RELU_N1_TO_1, RELU6"])
    low, high = REAL_BOUNDS[function]
    fmt = format_of(output)
    lo = fmt.lo if low is None else max(fmt.lo, quantised(low, output))
    hi = fmt.hi if high is None else min(fmt.hi, quantised(high, output))
    if lo > hi:
        raise RefusedError([f"{op.label}: {output.label}: its fused activation leaves no value"])
    return lo, hi
