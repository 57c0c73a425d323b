"""What becomes of one layer on a chip: a form for each kind of node, found by its operation."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from t2c.common.registry import Registry
from t2c.golden.arithmetic.channel_clip import ChannelClip
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import ACC_BITS, BIAS_BITS, SCALE_BITS, MulQuant, OutputStage, Widths
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.target.check import node_misfits
from t2c.golden.target.constants import scaling_constants
from t2c.golden.target.limits import ChipLimits, Clip
from t2c.golden.target.saturation import saturated_clip, sum_range
from t2c.mulquant_constants import Constants, RealArray, step_errors

WIDEST = Widths(acc=ACC_BITS[1], scale=SCALE_BITS[1], bias=BIAS_BITS[1])
"""Of constants until all layers have theirs."""

MOST_STEPS, MOST_SCALE = 1.0, 0.05
"""Output steps by which constants may move an output, and how far a scale may be off; above both a layer is refused."""


@dataclass(frozen=True, kw_only=True)
class LayerCost:
    """What a chip costs a layer. scale_error: largest relative error of a scale; step_error: output steps by which
    constants can move an output; weights: of those that were rounded anew; all None or 0 where nothing was chosen."""

    scale_error: float | None = None
    step_error: float | None = None
    weights: int = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerJob:
    """A layer to be refitted. before, after: its edges, inputs and then output, as they were and as the chip has
    them."""

    node: Any
    before: tuple[TensorSpec, ...]
    after: tuple[TensorSpec, ...]
    chip: ChipLimits

    @property
    def changed(self) -> bool:
        """Whether an edge is read otherwise."""
        return self.before != self.after

    def rescaled(self, index: int) -> float:
        """New step of an edge in old steps; -1 is the output."""
        return self.after[index].scale / self.before[index].scale

    @property
    def half(self) -> float:
        """What a bias takes besides, in output steps: a half where the chip has only floor and the layer rounds."""
        stage, modes = self.node.stage, set(self.chip.rounding)
        return 0.5 if modes == {Rounding.FLOOR} and stage.rounding is not Rounding.FLOOR else 0.0

    def stage(self, stage: OutputStage, shift: IntArray) -> dict[str, Any]:
        """Rounding, zero point and clip bounds: the same real bounds, or the ends of the new format for those of the
        old one on a chip that knows no others."""
        old, new, modes = self.before[-1], self.after[-1], self.chip.rounding

        def bound(value: int, end: int, new_end: int) -> int:
            if self.chip.clip is not Clip.ANY and value == end and value != old.zero_point:
                return new_end
            moved = round((value - old.zero_point) / self.rescaled(-1)) + new.zero_point
            return min(max(moved, new.format.lo), new.format.hi)

        keeps = self.chip.rounds(stage.rounding, int(shift.max()))
        return {
            "rounding": stage.rounding if keeps else modes[0],
            "zero_point": new.zero_point,
            "lo": bound(stage.lo, old.format.lo, new.format.lo),
            "hi": bound(stage.hi, old.format.hi, new.format.hi),
        }

    def kept(self) -> Node | None:
        """The node with its constants as they are, if no step changes and the chip takes them; else None."""
        stage = self.node.stage
        held = scaling_constants(stage)
        if held is None or self.half or any(self.rescaled(k) != 1.0 for k in range(len(self.after))):
            return None
        node: Node = replace(
            self.node, **{self.node.stage_field: replace(stage, **self.stage(stage, held.shift), widths=WIDEST)}
        )
        return None if node_misfits(node, self.after[:-1], self.after[-1], self.chip) else node

    def mulquant(self, node: Node, stage: OutputStage, constants: Constants) -> MulQuant:
        """MulQuant of the new node, whose results are those of the chip."""
        quant = MulQuant(
            multiplier=constants.multiplier,
            bias=constants.bias,
            shift=constants.shift,
            widths=WIDEST,
            **self.stage(stage, constants.shift),
        )
        return self.saturated(node, quant)

    def saturated(self, node: Node, quant: MulQuant) -> MulQuant:
        """The same whose results are those of a chip that saturates: with one lo and hi where no sum tells channels
        apart, else with bounds for each.

        Raises:
            RangeError: what the chip computes leaves 62 bits.
        """
        sums = sum_range(node, self.after[:-1])
        if not self.chip.saturates or sums is None:
            return quant
        bias = quant.bias
        if self.chip.order.bias_first:
            bias = bias // np.where(quant.multiplier, quant.multiplier, 1)
        clip = saturated_clip(replace(quant, clip=None), sums, self.chip.order, bias)
        common = clip.common()
        if common is None:
            return replace(quant, clip=ChannelClip(channel_lo=clip.lo, channel_hi=clip.hi))
        return replace(quant, lo=common[0], hi=common[1], clip=None)

    def cost(
        self, constants: Constants, scale: RealArray, bias: RealArray, reach: RealArray, stage: OutputStage, **more: Any
    ) -> LayerCost:
        """What the constants cost; arguments as of `step_errors`.

        Raises:
            RangeError: so much that the layer would not be what it was.
        """
        span = float(max(stage.hi - stage.zero_point, stage.zero_point - stage.lo))
        steps = step_errors(constants, scale, bias, reach=reach, span=span)
        c = int(np.argmax(steps))
        off = abs(math.ldexp(float(constants.multiplier[c]), -int(constants.shift[c])) - scale[c])
        if steps[c] > MOST_STEPS and off > MOST_SCALE * abs(scale[c]):
            raise RangeError(
                f"channel {c}: scale {scale[c]:.6g} is off by {off / abs(scale[c]) if scale[c] else 1:.1%}, which "
                f"moves outputs by {steps[c]:.1f} steps"
            )
        return LayerCost(scale_error=constants.scale_error, step_error=float(steps.max()), **more)


class Form(ABC):
    """How a kind of node is refitted.

    moves: its edges are all read alike; absorbs: its weights can take any scale, so that the steps of its edges are
    free; scales: it ends with M, B and S that follow its edges; free_inputs: the step of its inputs does not matter to
    its sums; adds: each input has a multiplier of its own.
    """

    moves: ClassVar[bool] = False
    absorbs: ClassVar[bool] = False
    scales: ClassVar[bool] = True
    free_inputs: ClassVar[bool] = False
    adds: ClassVar[bool] = False

    @abstractmethod
    def refit(self, job: LayerJob) -> tuple[Node, LayerCost]:
        """Return the node within the chip's limits.

        Raises:
            RangeError: no constants of the chip's will do; the caller knows the layer's name.
            UnsupportedError: it cannot be done; the message names the layer.
        """


class Unchanged(Form):
    """A kind without a form of its own: it stays as it is, between edges that do."""

    scales = False

    def refit(self, job: LayerJob) -> tuple[Node, LayerCost]:
        if job.changed:
            named = next(old.name for old, new in zip(job.before, job.after, strict=True) if old != new)
            raise UnsupportedError(
                f"layer {job.node.name!r}: tensor {named!r} is not as the chip has it, and {job.node.op} has constants "
                "of its own for it; quantise the model for the chip"
            )
        return job.node, LayerCost()


FORMS: Registry[type[Form]] = Registry("form on a chip of", "t2c.target.forms")


def form_of(op: str) -> Form:
    """The form of an operation."""
    return (FORMS.find(op) or Unchanged)()


def is_power_of_two(scale: float) -> bool:
    """Whether a real scale that integers stand for is one, up to what 16 bits resolve."""
    return scale != 0 and abs(math.log2(abs(scale)) - round(math.log2(abs(scale)))) < 2.0**-13
