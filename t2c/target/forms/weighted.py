"""Layers with weights, which take what the multipliers of a chip cannot express."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import MulQuant
from t2c.golden.errors import RangeError
from t2c.golden.graph.node import Node, WeightedNode
from t2c.mulquant_constants import RealArray
from t2c.target.choose import ceiling_of, choose_within
from t2c.target.form import FORMS, Form, LayerCost, LayerJob, is_power_of_two


@FORMS("conv2d")
@FORMS("linear")
class Absorbing(Form):
    """M ~ m s_x' / s_x s_y / s_y'; docs/arithmetic.md 4.1, 4.2.

    Where no M is near enough to m (one for channels of several scales, a power of two, a sign that multipliers do not
    have), the least M 2^-S above m is taken and weights become round(w m / (M 2^-S)): they lose what they would have
    lost in training for that chip, the scale loses nothing. Weights of fewer bits than the chip has take more, and lose
    less. So they do where a sum that saturates would not reach the ends of the result: M 2^-S is what takes it there.
    """

    absorbs = True

    def refit(self, job: LayerJob) -> tuple[Node, LayerCost]:
        node: WeightedNode = job.node
        quant, channels = node.mulquant, node.out_channels
        shift = np.broadcast_to(quant.shift, channels)
        wanted = np.ldexp(np.broadcast_to(quant.multiplier, channels).astype(np.float64), -shift)
        wanted = wanted * job.rescaled(0) / job.rescaled(-1)
        bias = np.ldexp(np.broadcast_to(quant.bias, channels).astype(np.float64), -shift) / job.rescaled(-1)
        bias = bias + job.half
        rows = node.weight.reshape(channels, -1)
        rows = np.where((wanted == 0)[:, np.newaxis], 0, rows)
        dead = ~rows.any(axis=1)
        largest = float(np.abs(wanted).max()) or 1.0
        wanted = np.where(dead, largest, wanted)
        least = _least_scale(job, quant, shift, bias)
        folds = not np.array_equal(self.folded(wanted, least, job), wanted)
        room = max(job.chip.weights - node.weight_bits, 0) if folds else 0
        while True:
            scale = self.folded(wanted * 2.0**-room, least, job)
            bits = node.weight_bits + room
            ends = -(1 << bits - 1), (1 << bits - 1) - 1
            new = np.clip(np.rint(rows * (wanted / scale)[:, np.newaxis]).astype(np.int64), *ends)
            moved = replace(node, weight=new.reshape(node.weight.shape), weight_bits=bits)
            try:
                if room and moved.accumulator_bits(job.after[:-1]) > min(job.chip.accumulator, quant.widths.acc):
                    raise RangeError("sums of finer weights do not fit")
                reach = np.abs(new).sum(axis=1) * float(job.after[0].magnitude)
                constants = choose_within(scale, bias, reach, job.chip)
                break
            except RangeError:
                if not room:
                    raise
                room -= 1
        made = job.mulquant(moved, quant, constants)
        cost = job.cost(constants, scale, bias, reach, made, weights=int((new != rows).sum()))
        return replace(moved, mulquant=made), cost

    @staticmethod
    def folded(wanted: RealArray, least: RealArray, job: LayerJob) -> RealArray:
        """The scales that the weights are to be made for, (C,): those that are wanted, where the chip comes near and
        they are not below `least`."""
        chip, limits = job.chip, job.chip.multiplier
        sizes = np.maximum(np.abs(wanted), least)
        raised = np.copysign(sizes, wanted)
        uneven = chip.per_layer and bool(sizes.max() - sizes.min() > sizes.max() * 2.0**-limits.bits)
        negative = (wanted < 0) & (not limits.signed or uneven)
        odd = np.array([limits.power_of_two and not is_power_of_two(m) for m in sizes.tolist()])
        if not (uneven or negative.any() or odd.any()):
            return raised
        if chip.per_layer:
            sizes = np.full_like(sizes, sizes.max())
        return np.where(uneven | negative | odd, _ceilings(sizes, job), raised)


def _least_scale(job: LayerJob, quant: MulQuant, shift: IntArray, bias: RealArray) -> RealArray:
    """Below which a sum that saturates does not reach the ends of its result, (C,); 0 where none saturates."""
    bits = job.chip.order.operand_bits
    if bits is None:
        return np.zeros_like(bias)
    stage = job.stage(quant, shift)
    span = max(stage["hi"] - stage["zero_point"], stage["zero_point"] - stage["lo"])
    reach: RealArray = span + (0 if job.chip.order.bias_first else np.abs(bias))
    return reach / ((1 << bits - 1) - 1)


def _ceilings(sizes: RealArray, job: LayerJob) -> RealArray:
    """The least scale of the chip above each."""
    found: dict[float, float] = {}
    for size in set(sizes.tolist()):
        pair = ceiling_of(size, job.chip.multiplier, job.chip.shift)
        if pair is None:
            low, high = job.chip.shift
            raise RangeError(f"scale {size:.6g} is above all of multiplier {job.chip.multiplier}, shift {low}..{high}")
        found[size] = float(np.ldexp(float(pair[0]), -pair[1]))
    ceilings: RealArray = np.array([found[size] for size in sizes.tolist()])
    return ceilings
