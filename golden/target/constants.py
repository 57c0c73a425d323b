"""Constants as other chips are given them: the bias before the multiplier, one multiplier and one shift of a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage
from t2c.golden.graph.constant import Constant, Storage
from t2c.golden.graph.node import Node


@dataclass(frozen=True, kw_only=True, eq=False)
class ScalingConstants:
    """M, B and S of a stage. multiplier: one a channel, or one an operand of an add; b: what a chip with the bias
    before the multiplier is given, None where B is no multiple of M."""

    multiplier: IntArray
    bias: IntArray
    shift: IntArray

    @property
    def before(self) -> IntArray | None:
        """B / M of each channel, of an add B / M_a; None where a B is no multiple."""
        found = []
        for m, bias in zip(self.multiplier.tolist(), self.bias.tolist(), strict=False):
            if bias % m if m else bias:
                return None
            found.append(bias // m if m else 0)
        return np.array(found, np.int64)


def scaling_constants(stage: OutputStage | None) -> ScalingConstants | None:
    """The constants of a MulQuant or an AddQuant; None for what has none."""
    if isinstance(stage, MulQuant):
        return ScalingConstants(multiplier=stage.multiplier, bias=stage.bias, shift=stage.shift)
    if isinstance(stage, AddQuant):
        values = ((stage.multiplier_a, stage.multiplier_b), (stage.bias,), (stage.shift,))
        multiplier, bias, shift = (np.array(each, np.int64) for each in values)
        return ScalingConstants(multiplier=multiplier, bias=bias, shift=shift)
    return None


def chip_constants(node: Node) -> tuple[Constant, ...]:
    """The constants of a node, and those that follow from them.

    bias_first: B / M of each channel, where all are whole and some is not B; layer_multiplier, layer_shift: the ones
    of all channels, where both are the same in all.
    """
    found, stage = list(node.constants), node.stage
    if not isinstance(stage, MulQuant):
        return tuple(found)
    held = ScalingConstants(multiplier=stage.multiplier, bias=stage.bias, shift=stage.shift)
    before = held.before
    if before is not None and (before != held.bias).any():
        bits = max(max(int(before.max()), ~int(before.min())).bit_length() + 1, 2)
        found.append(Constant(name="bias_first", values=before, storage=Storage(bits=bits, signed=True, axes="O")))
    for constant in node.constants:
        if constant.name in ("multiplier", "shift") and stage.channels > 1 and _one(stage.multiplier, stage.shift):
            name = f"layer_{constant.name}"
            found.append(Constant(name=name, values=constant.values[:1], storage=constant.storage))
    return tuple(found)


def _one(*vectors: IntArray) -> bool:
    """Whether all elements of each are the same."""
    return all((values == values[0]).all() for values in vectors)
