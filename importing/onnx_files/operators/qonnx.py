"""Quant, BipolarQuant, Trunc and MultiThreshold of QONNX."""

from __future__ import annotations

import numpy as np

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntFormat
from t2c.importing.constants import signed_bits
from t2c.importing.errors import RefusedError
from t2c.importing.onnx_files.closing import close
from t2c.importing.onnx_files.model import Array, OnnxNode
from t2c.importing.onnx_files.operator import QONNX_DOMAINS, integer, operator, text
from t2c.importing.onnx_files.quantiser import ROUNDINGS, SIGNS, Quantiser, Round, check_quantiser, check_scale
from t2c.importing.onnx_files.stairs import stairs
from t2c.importing.onnx_files.trunc import truncated
from t2c.importing.onnx_files.values import FileConstant, FileValue, QuantisedConstant, Unknown, reals_held
from t2c.importing.onnx_files.walk import SilentError, Walk

LARGEST_BITS = 32


def rounding(node: OnnxNode) -> Round:
    """The rounding that a node names; raise RefusedError for an unknown one."""
    name = text(node, "rounding_mode", "ROUND").upper()
    if name not in ROUNDINGS:
        raise RefusedError([f"{node.place}: rounding_mode {shown(name)}; there are {', '.join(ROUNDINGS)}"])
    return ROUNDINGS[name]


def bits_at(walk: Walk, node: OnnxNode, index: int) -> int:
    """A number of bits; raise RefusedError unless it is one number, whole, 1..32."""
    bits = walk.number(node, index, "its bit width")
    if not 1 <= bits <= LARGEST_BITS or bits % 1:
        raise RefusedError([f"{node.place}: a bit width of {bits:g}"])
    return int(bits)


def limits(node: OnnxNode, bits: int) -> tuple[IntFormat, int, int]:
    """The edge's format, and the least and the largest integer, of Quant's attributes."""
    signed, narrow = bool(integer(node, "signed", 1)), bool(integer(node, "narrow", 0))
    lo = (-(1 << (bits - 1)) + narrow) if signed else 0
    hi = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
    return IntFormat(bits=max(bits, 2), signed=signed), lo, hi


@operator("Quant", *QONNX_DOMAINS)
def quant(walk: Walk, node: OnnxNode) -> FileValue:
    """x, scale, zero point, bits."""
    value = walk.value(node, 0)
    if isinstance(value, Unknown):
        raise SilentError
    scale, zero_point = walk.constant(node, 1, "its scale"), walk.constant(node, 2, "its zero point")
    bits, mode = bits_at(walk, node, 3), rounding(node)
    fmt, lo, hi = limits(node, bits)
    signs = bits == 1 and fmt.signed
    held = reals_held(value)
    if held is not None:
        return _quantised(node, held, scale, zero_point, bits, lo, hi, mode, signs)
    step, point = check_quantiser(scale, zero_point, SIGNS if signs else fmt, node.place)
    if signs:
        return close(walk, value, _signs(step, point), node, node.outputs[0], real=True)
    end = Quantiser(scale=step, zero_point=point, fmt=fmt, lo=lo, hi=hi, rounding=mode)
    return close(walk, value, end, node, node.outputs[0], real=True)


operator("IntQuant", *QONNX_DOMAINS)(quant)


def _signs(scale: np.float32, zero_point: int = 0) -> Quantiser:
    if zero_point:
        raise RefusedError([f"zero point {zero_point} of signs"])
    return Quantiser(scale=scale, zero_point=0, fmt=SIGNS, lo=-1, hi=1, bipolar=True)


def _quantised(
    node: OnnxNode, held: Array, scale: Array, zero_point: Array, bits: int, lo: int, hi: int, mode: Round, signs: bool
) -> QuantisedConstant:
    """Constants, by Quant's own arithmetic in float32."""
    steps = check_scale(scale, node.place)
    whole = zero_point == np.rint(zero_point)
    if held.dtype.kind != "f" or not (whole & (np.abs(zero_point) < 2.0**LARGEST_BITS)).all():
        raise RefusedError([f"{node.place}: constants of {held.dtype}, or a zero point that is not whole"])
    try:
        points = np.broadcast_to(zero_point.astype(np.float32), held.shape)
        spread = np.broadcast_to(steps, held.shape)
    except ValueError as error:
        raise RefusedError([f"{node.place}: scale or zero point of another shape than {held.shape}"]) from error
    with np.errstate(over="ignore"):  # what is beyond all numbers is beyond the bounds
        levels = held.astype(np.float32) / spread + points
    levels = np.where(levels >= 0, 1, -1) if signs else mode(np.clip(levels, lo, hi))
    integers = levels.astype(np.int64) - points.astype(np.int64)
    return QuantisedConstant(integers=integers, scale=spread, bits=max(bits, 2, signed_bits(integers)))


@operator("BipolarQuant", *QONNX_DOMAINS)
def bipolar_quant(walk: Walk, node: OnnxNode) -> FileValue:
    """x, scale: scale where x is 0 or more, else -scale."""
    value, scale = walk.value(node, 0), walk.constant(node, 1, "its scale")
    if isinstance(value, Unknown):
        raise SilentError
    if isinstance(value, FileConstant):
        return _quantised(node, value.values, scale, np.zeros(()), 1, -1, 1, np.rint, True)
    step, _ = check_quantiser(scale, np.zeros(1), SIGNS, node.place)
    return close(walk, value, _signs(step), node, node.outputs[0], real=True)


@operator("Trunc", *QONNX_DOMAINS)
def trunc(walk: Walk, node: OnnxNode) -> FileValue:
    """Drop low bits."""
    return truncated(walk, node, rounding(node) if "rounding_mode" in node.attributes else np.floor)


@operator("MultiThreshold", *QONNX_DOMAINS)
def multi_threshold(walk: Walk, node: OnnxNode) -> FileValue:
    """x, thresholds (C or 1, K)."""
    return stairs(walk, node)
