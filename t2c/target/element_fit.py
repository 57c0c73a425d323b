"""A package made anew for an element: weights that it holds, and constants that make up for what it sums otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.errors import UserError
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.arithmetic.rounding import MAX_SHIFT
from t2c.golden.elements.element import Element
from t2c.golden.elements.products import grouped_channels, ungrouped_channels
from t2c.golden.graph.element_node import ElementNode
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, MIN_OPERAND_BITS

Reals = npt.NDArray[np.floating[Any]]
CLIPS = 80
"""Scales that are tried for each filter: k/80 of its largest weight becomes the largest that the element holds."""


@dataclass(frozen=True, kw_only=True)
class LayerFit:
    """What became of a layer. changed: share of its weights that are not the same but for the scale of their filter;
    error: root of the mean squared change of a weight, in parts of the root of the mean squared weight."""

    layer: str
    changed: float
    error: float


def fit_package(package: Package, element: Element, w_w: int, images: int) -> tuple[Package, list[LayerFit]]:
    """Make a package whose conv2d and linear layers run on an element.

    Each filter gets a scale of its own, which its multiplier makes up for; each weight becomes the nearest that the
    element holds (`Element.nearest`); then each bias takes back the mean by which the layer's sums are off on the
    first images, layer after layer.

    Args:
        package: of exact products.
        element: of anybody.
        w_w: W_W of the array.
        images: samples from which biases are corrected, from the first on; the rest can judge the result.

    Returns:
        the package, and what became of each layer.

    Raises:
        UserError: no layer is for an element, or there are not so many samples.
    """
    if not 1 <= images < len(package.samples):
        raise UserError(f"images = {images} is not in 1..{len(package.samples) - 1}: some samples are to judge")
    graph, fits, nodes = package.graph, [], []
    found = {graph.input: package.samples[:images]}
    for node, before, _ in graph.steps(package.samples[:images]):
        now, edges = [found[name] for name in node.inputs], graph.inputs_of(node)
        made = node
        if isinstance(node, ElementNode):
            made, fit = _fit_layer(node, element, w_w)
            made = _with_bias(made, node.accumulate(before, edges), node.mulquant, made.accumulate(now, edges))
            fits.append(fit)
        nodes.append(made)
        found[node.output] = made.forward(now, edges).astype(np.int64)
    if not fits:
        raise UserError("no conv2d and no linear: there is nothing for an element")
    return replace(package, graph=replace(graph, nodes=tuple(nodes)), metrics={}), fits


def _fit_layer(node: ElementNode, element: Element, w_w: int) -> tuple[ElementNode, LayerFit]:
    weight = node.weight
    best = np.zeros_like(weight)
    scale = np.ones(len(weight))
    least = np.full(len(weight), np.inf)
    reach = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    top = element.largest(w_w)
    shape = (-1, *[1] * (weight.ndim - 1))
    for k in range(CLIPS, 0, -1):
        step = np.where(reach, np.maximum(reach * k / CLIPS, 1) / top, 1.0)
        near = _nearest(weight / step.reshape(shape), element, w_w)
        error = ((near * step.reshape(shape) - weight) ** 2).reshape(len(weight), -1).sum(axis=1)
        better = error < least
        best[better], scale[better], least[better] = near[better], step[better], error[better]
    rescaled = best * scale.reshape(shape)
    energy = float((weight.astype(float) ** 2).sum()) or 1.0
    fit = LayerFit(
        layer=node.name,
        changed=float((np.abs(rescaled - weight) > scale.reshape(shape) / 2).mean()),
        error=float(np.sqrt(((rescaled - weight) ** 2).sum() / energy)),
    )
    most = max(int(np.abs(best).max()), 1)
    bits = min(max(most.bit_length() + 1, MIN_OPERAND_BITS), MAX_OPERAND_BITS)
    made = replace(node, weight=best, weight_bits=bits, element=element.name, mulquant=_rescaled(node.mulquant, scale))
    return made, fit


def _nearest(weights: Reals, element: Element, w_w: int) -> IntArray:
    """Nearest legal weights, (O, C, ...): channels are taken by element."""
    near = element.nearest(grouped_channels(weights, element.span), w_w)
    return ungrouped_channels(near, weights.shape[1])


def _rescaled(quant: MulQuant, scale: Reals) -> MulQuant:
    """Constants whose real multiplier is that times a factor for each channel; as many bits as there are."""
    real = quant.multiplier * scale / 2.0**quant.shift
    limit = quant.widths.scale_format.hi
    shift = np.floor(np.log2(limit / np.maximum(np.abs(real), 2.0**-MAX_SHIFT))).astype(np.int64)
    bias = quant.bias / 2.0 ** np.broadcast_to(quant.shift, shift.shape)
    room = np.floor(np.log2(quant.widths.bias_format.hi / np.maximum(np.abs(bias), 1))).astype(np.int64) - 1
    shift = np.clip(np.minimum(shift, room), 0, MAX_SHIFT)
    values = {
        "multiplier": np.rint(real * 2.0**shift).astype(np.int64),
        "bias": np.rint(bias * 2.0**shift).astype(np.int64),
        "shift": shift,
    }
    return replace(quant, **values)


def _with_bias(made: ElementNode, wanted: IntArray, before: MulQuant, sums: IntArray) -> ElementNode:
    """The layer with biases that take back the mean of its error before rounding.

    Args:
        made: the layer.
        wanted, before: sums (N, O, ...) of the layer that it was, and its constants.
        sums: of the layer as it is.
    """
    error = (_real(sums, made.mulquant) - _real(wanted, before)).mean(axis=(0, *range(2, sums.ndim)))
    quant, limit = made.mulquant, made.mulquant.widths.bias_format.hi
    bias = quant.bias - np.rint(error * 2.0**quant.shift).astype(np.int64)
    return replace(made, mulquant=replace(quant, bias=np.clip(bias, -limit, limit)))


def _real(sums: IntArray, quant: MulQuant) -> Reals:
    """What sums (N, O, ...) are before rounding."""
    multiplier, bias, shift = (
        values.reshape(1, -1, *[1] * (sums.ndim - 2)) for values in (quant.multiplier, quant.bias, quant.shift)
    )
    real: Reals = sums * multiplier / 2.0**shift + bias / 2.0**shift
    return real
