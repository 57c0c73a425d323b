"""Sums at the end of a network that no quantiser follows: as they are in up to 16 bits, else rounded, and said so."""

from __future__ import annotations

import numpy as np

from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.rounding import Rounding
from t2c.importing.constants import LayerConstants
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.model import OnnxNode
from t2c.importing.onnx_files.quantiser import Quantiser, RealRule
from t2c.importing.onnx_files.sums import LARGEST_LEVEL, emit_sums, own_constants
from t2c.importing.onnx_files.values import Activation, PendingSums
from t2c.importing.onnx_files.walk import Walk
from t2c.importing.proof import Exactness, Grade

FORMATS = (IntFormat(bits=8, signed=True), IntFormat(bits=16, signed=True))
"""Those of an output, the first that its sums fit; the core writes 8 bits."""
MULTIPLIER_BITS = 16
"""Usual ones, so that an output makes no other hardware necessary."""


def close_without_quantiser(walk: Walk, sums: PendingSums, tensor: str) -> Activation:
    """Give the sums an edge.

    Where all channels have one scale and integer biases alone, and the reach has room, the edge holds the sums
    themselves. Else its step is the largest real of the reach by the largest integer, and every result is off by half
    a step, and by 2^-15 of itself, at most.
    """
    node = OnnxNode(
        index=len(walk.file.nodes),
        op=sums.operation,
        domain="",
        version=0,
        name="",
        inputs=(),
        outputs=(),
        attributes={},
    )
    low, high = sums.reach.lo + sums.bias, sums.reach.hi + sums.bias
    alike = not sums.steps and (sums.scale == sums.scale[0]).all()
    for fmt in FORMATS:
        if alike and fmt.lo <= low.min() and high.max() <= fmt.hi:
            zeros = np.zeros_like(sums.bias)
            constants = LayerConstants(
                multiplier=zeros + 1,
                bias=sums.bias,
                shift=zeros,
                rounding=Rounding.HALF_UP,
                zero_point=0,
                lo=fmt.lo,
                hi=fmt.hi,
            )
            end = Quantiser(scale=np.float32(sums.scale[0]), zero_point=0, fmt=fmt, lo=fmt.lo, hi=fmt.hi)
            exact = Exactness(grade=Grade.PROVEN, reachable=sums.reach.count, scale_bits=2)
            return emit_sums(walk, sums, end, constants, exact, node, tensor)
    reals = RealRule(sums=sums, quantiser=lambda values: values.astype(np.int64)).reals(
        np.stack([sums.reach.lo, sums.reach.hi], axis=1)
    )
    if not (np.abs(reals) < LARGEST_LEVEL).all():
        raise RefusedError([f"{sums.place}: scales that lead beyond {LARGEST_LEVEL:g}"])
    most = max(float(np.abs(reals).max()), 1e-30) * (1 + 2e-7)
    fmt = next(each for each in FORMATS if most <= each.hi * sums.scale.min() or each is FORMATS[-1])
    step = np.float32(most / fmt.hi)
    end = Quantiser(scale=step, zero_point=0, fmt=fmt, lo=fmt.lo, hi=fmt.hi)
    constants = own_constants(sums, end, fmt.lo, fmt.hi, MULTIPLIER_BITS)
    rounded = Exactness(grade=Grade.ROUNDED, reachable=sums.reach.count)
    made = emit_sums(walk, sums, end, constants, rounded, node, tensor)
    del walk.builder.tensors[tensor]  # it is near the file's tensor, not equal
    return made
