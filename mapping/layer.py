"""What one layer is to the layer engine: its weights, its output stage, and RUN steps for any part of its output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from t2c.contract.activation_layout import Layout
from t2c.contract.descriptor import Descriptor
from t2c.contract.operations import Combine, Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import OutputStage
from t2c.golden.arithmetic.window import Window
from t2c.mapping.elements import check_identity, memory_words
from t2c.mapping.plan import LayerPlan, Part
from t2c.mapping.room import Room
from t2c.mapping.tiles import ColumnRun, Flags, RowPlan, identity_rows, sums_of, tile_weights, words_of

POINT = Window(kernel=(1, 1))


@dataclass(frozen=True, kw_only=True, eq=False)
class EnginePlan(LayerPlan):
    """One layer on the layer engine: RUN steps that walk a window, accumulate, requantise. stage: output stage."""

    passes_table: ClassVar[bool] = True

    window: Window
    stage: OutputStage

    def pieces(self, free: int | None = None) -> tuple[tuple[ColumnRun, ...], ...]:
        if free is not None:
            return super().pieces(free)
        return sums_of(part for run in self.runs for group in self.cut(run) for part in group)

    def cut(self, run: ColumnRun) -> tuple[tuple[ColumnRun, ...], ...]:
        """The same of one run, whose constants the program brings; raises as `pieces`."""
        room = Room(layer=self.node.name, hardware=self.hardware, param_step=self.param_step)
        return tuple(room.cut(run, self.weight_rows, split=self.splits_sums))

    @property
    def splits_sums(self) -> bool:
        """Whether sums over several runs give the same outputs as those over one."""
        return False

    @property
    def has_sums(self) -> bool:
        return self.node.accumulator_bits(self.edges) is not None

    def input_rows(self, first: int, last: int) -> tuple[int, int]:
        (kernel, _), (stride, _) = self.window.kernel, self.window.stride
        (pad, _), (dilation, _) = self.window.before, self.window.dilation
        top = first * stride - pad
        bottom = (last - 1) * stride - pad + (kernel - 1) * dilation + 1
        height = self.sources[0].height
        return min(max(top, 0), height - 1), min(max(bottom, 1), height)


def stage_fields(stage: OutputStage) -> dict[str, Any]:
    """Descriptor fields of an output stage."""
    return {
        "y_zero_point": stage.zero_point,
        "y_lo": stage.lo,
        "y_hi": stage.hi,
        "rounding": stage.rounding.code,
    }


def window_fields(window: Window, source: Layout, part: Part) -> dict[str, Any]:
    """Descriptor fields of the walk of a window over part of an image."""
    (stride_h, stride_w), (pad_h, pad_w), (dil_h, dil_w) = window.stride, window.before, window.dilation
    row_words, words = source.row_words, source.pixel_words
    top = part.first * stride_h - pad_h
    return {
        "out_h": part.last - part.first,
        "in_h": source.height,
        "in_w": source.width,
        "stride_h": stride_h,
        "stride_w": stride_w,
        "pad_h": -top,
        "pad_w": pad_w,
        "taps": window.taps,
        "k_w": window.kernel[1],
        "dil_h": dil_h,
        "dil_w": dil_w,
        "origin": part.sources[0] + top * row_words - pad_w * words,
        "col_step": stride_w * words,
        "row_step": stride_h * row_words,
        "tap_col_step": dil_w * words,
        "tap_row_step": dil_h * row_words,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class LanewisePlan(EnginePlan):
    """A layer that works on every bank by itself: the array hands the words through an identity tile."""

    shares_weights: ClassVar[bool] = True

    @property
    def runs(self) -> tuple[ColumnRun, ...]:
        return (ColumnRun(first_tile=0, tiles=self.hardware.groups, first_word=0, words=1),)

    def weights(self, run: ColumnRun) -> IntArray:
        check_identity(self.node, self.hardware)
        return memory_words(self.node, self.hardware, identity_rows(self.hardware.rows, self.hardware.cols))

    def weight_rows(self, run: ColumnRun) -> int:
        return run.tiles * self.hardware.tile_words

    def common_fields(self, part: Part) -> dict[str, Any]:
        """Descriptor fields that all lanewise layers share."""
        return {
            "op": Operation.RUN,
            "layer": part.layer,
            "rows_per_tap": self.hardware.rows,
            "col_tiles": self.hardware.groups,
            "weight_base": part.weight_base,
            "same_weights": 1,
            "param_base": part.param_base,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightedPlan(EnginePlan):
    """conv2d, linear: K on the rows, N on the columns.

    weight: (O, C / groups, taps); plan: rows; channels: output channel of every column, (tiles, COLS);
    column_runs: which channel words each column tile takes; laid: how the output lies, if that leaves gaps between the
    channels of the target.
    """

    weight: IntArray
    groups: int
    plan: RowPlan
    channels: IntArray
    column_runs: tuple[ColumnRun, ...]
    laid: Layout | None = None

    @property
    def layout(self) -> Layout:
        return self.laid or self.target

    @property
    def runs(self) -> tuple[ColumnRun, ...]:
        return self.column_runs

    def weights(self, run: ColumnRun) -> IntArray:
        rows = tile_weights(self.weight, self.groups, self.plan, run, self.channels)
        return memory_words(self.node, self.hardware, rows)

    def weight_rows(self, run: ColumnRun) -> int:
        return run.tiles * self.plan.tap_groups * run.words * self.hardware.tile_words

    @property
    def splits_sums(self) -> bool:
        return True

    @property
    def macs(self) -> int:
        pairs = self._counts(np.ones(self.weight.shape[:2], dtype=bool))
        taken = sum(int(self._part(run, pairs).sum()) for run in self.runs)
        return taken * self.window.taps * self.target.height * self.target.width

    def used(self, run: ColumnRun) -> Flags:
        """Where a run has a weight other than 0: (memory words of results, channel words)."""
        return self._part(run, self._used)

    @cached_property
    def _used(self) -> Flags:
        return self._counts(np.count_nonzero(self.weight, axis=2) > 0) > 0

    def _counts(self, chosen: Flags) -> IntArray:
        """How many of the chosen (O, C / groups) lie in each (memory word of results, channel word)."""
        held, (out_channels, per_group) = self.channels.reshape(-1, self.hardware.rows), chosen.shape
        word, source = words_of(held), words_of(self.plan.source.held)
        counts = np.zeros((len(held), self.plan.source.words), dtype=np.int64)
        for out, mine in enumerate(chosen):
            first = out // (out_channels // self.groups) * per_group
            counts[word[out]] += np.bincount(source[first + np.flatnonzero(mine)], minlength=counts.shape[1])
        return counts

    def _part(self, run: ColumnRun, words: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What belongs to a run."""
        first, end = (tile // self.hardware.groups for tile in (run.first_tile, run.first_tile + run.tiles))
        return words[first:end, run.first_word : run.first_word + run.words]

    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        source, target, groups = self.sources[0], self.target, self.hardware.groups
        fields = window_fields(self.window, source, part)
        fields["origin"] += run.first_word
        pixels = part.batch * fields["out_h"] * target.width
        word, group = divmod(run.first_tile, groups)
        assert group == 0, "a column run starts with a whole memory word"
        return (
            Descriptor(
                op=Operation.RUN,
                layer=part.layer,
                images=part.batch,
                out_w=target.width,
                image_step=source.size,
                ch_words=run.words,
                rows_per_tap=self.plan.rows_per_tap,
                taps_per_tile=self.plan.taps_per_tile,
                k_tiles=self.plan.tap_groups * run.words,
                col_tiles=run.tiles,
                blocks=len(self.hardware.blocks(pixels)),
                weight_base=part.weight_base,
                param_base=part.param_base,
                x_signed=int(self.edges[0].signed),
                x_zero_point=self.edges[0].zero_point,
                keep=int(run.keep),
                hold=int(run.hold),
                out_base=part.target + part.first * target.row_words + word,
                out_step=target.pixel_words,
                out_image_step=target.size,
                out_pixels=fields["out_h"] * target.width,
                **stage_fields(self.stage),
                **fields,
            ),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class PoolPlan(LanewisePlan):
    """Max pooling, and average pooling with one set of constants: channel words are walked like images."""

    combine: Combine
    x_zero_point: int

    @property
    def has_sums(self) -> bool:
        return self.combine is Combine.MAX or super().has_sums

    def sums(self, inputs: Sequence[IntArray], result: IntArray) -> tuple[IntArray, ...]:
        if self.combine is Combine.MAX:
            return (result - self.x_zero_point,)
        return super().sums(inputs, result)

    def descriptors(self, run: ColumnRun, part: Part) -> tuple[Descriptor, ...]:
        source, target = self.sources[0], self.target
        fields = window_fields(self.window, source, part)
        pixels = source.words * fields["out_h"] * target.width
        origin = fields.pop("origin")
        return tuple(
            Descriptor(
                images=source.words,
                out_w=target.width,
                origin=origin + image * source.size,
                image_step=1,
                k_tiles=self.window.taps,
                blocks=len(self.hardware.blocks(pixels)),
                x_signed=int(self.edges[0].signed),
                x_zero_point=self.x_zero_point,
                combine=self.combine,
                out_base=part.target + image * target.size + part.first * target.row_words,
                out_step=target.pixel_words,
                out_image_step=1,
                out_pixels=fields["out_h"] * target.width,
                **stage_fields(self.stage),
                **fields,
                **self.common_fields(part),
            )
            for image in range(part.batch)
        )
