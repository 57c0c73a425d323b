"""Map one conv2d or linear layer onto the layer engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.edge import Edge
from golden.errors import RangeError, UnsupportedError
from golden.formats import IntArray
from golden.graph import Graph
from golden.node import WeightedNode
from golden.nodes import Conv2d, Linear
from golden.window import Window
from mapping.descriptor import Descriptor
from mapping.hardware import SHIFT_W, Hardware
from mapping.order import OutputOrder
from mapping.tiles import ColumnRun, RowPlan, column_runs, plan_rows, tile_weights

_POINT = Window(kernel=(1, 1))


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerProgram:
    """Everything the engine needs for one layer, and how to read what it gives back.

    weights: (rows in load order, COLS) int64; params: (column tiles, COLS) uint64, lanes {shift, bias, multiplier};
    max_images: images that the activation memory holds at once.
    """

    hardware: Hardware
    node: WeightedNode
    source: Edge
    target: Edge
    window: Window
    plan: RowPlan
    runs: tuple[ColumnRun, ...]
    weights: IntArray
    params: np.typing.NDArray[np.uint64]
    max_images: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one image, padding included, groups counted once."""
        return int(self.node.weight.size) * self.target.shape[1] * self.target.shape[2]

    def activation_words(self, images: IntArray) -> IntArray:
        """Lay out images as the engine reads them: NHWC, channel word fastest, ROWS channels a word.

        Args:
            images: (N, C, H, W) or (N, C).

        Returns:
            (N * H * W * ch_words, ROWS) int64; banks without a channel hold 0.
        """
        maps = images.reshape(images.shape[0], *self.source.shape)
        held = self.plan.bank_channels()
        nhwc = np.moveaxis(maps, 1, -1)
        words = np.where(held >= 0, nhwc[..., np.maximum(held, 0)], 0)
        return words.reshape(-1, self.hardware.rows)

    @property
    def order(self) -> OutputOrder:
        """How the results leave the engine."""
        channels, height, width = self.target.shape
        return OutputOrder(channels=channels, height=height, width=width, cols=self.hardware.cols)

    def batches(self, images: int) -> list[int]:
        """Images of each batch: as many as the activation memory holds, then the rest."""
        full, rest = divmod(images, self.max_images)
        return [self.max_images] * full + ([rest] if rest else [])

    def last_words(self, images: int) -> list[int]:
        """Index of the last output word of each descriptor's run, among all words of so many images."""
        pixels = images * self.order.height * self.order.width
        return [(run.first_tile + run.tiles) * pixels - 1 for run in self.runs]

    def descriptors(self, images: int) -> tuple[Descriptor, ...]:
        """The runs of the engine, one after the other, for `images` images in the activation memory."""
        words = self.plan.ch_words
        in_h, in_w = self.source.shape[1:]
        out_h, out_w = self.target.shape[1:]
        (stride_h, stride_w), (pad_h, pad_w) = self.window.stride, self.window.padding
        dil_h, dil_w = self.window.dilation
        rows_done = 0
        result = []
        for run in self.runs:
            k_tiles = self.plan.tap_groups * run.words
            last = run.first_tile + run.tiles == self.order.col_tiles
            result.append(
                Descriptor(
                    images=images,
                    out_h=out_h,
                    out_w=out_w,
                    in_h=in_h,
                    in_w=in_w,
                    stride_h=stride_h,
                    stride_w=stride_w,
                    pad_h=pad_h,
                    pad_w=pad_w,
                    taps=self.window.taps,
                    k_w=self.window.kernel[1],
                    dil_h=dil_h,
                    dil_w=dil_w,
                    origin=run.first_word - (pad_h * in_w + pad_w) * words,
                    col_step=stride_w * words,
                    row_step=stride_h * in_w * words,
                    image_step=in_h * in_w * words,
                    tap_col_step=dil_w * words,
                    tap_row_step=dil_h * in_w * words,
                    ch_words=run.words,
                    rows_per_tap=self.plan.rows_per_tap,
                    taps_per_tile=self.plan.taps_per_tile,
                    k_tiles=k_tiles,
                    col_tiles=run.tiles,
                    blocks=-(-images * out_h * out_w // self.hardware.acc_depth),
                    weight_base=rows_done,
                    param_base=run.first_tile,
                    last_cols=self.target.shape[0] - (self.order.col_tiles - 1) * self.hardware.cols
                    if last
                    else self.hardware.cols,
                    x_signed=int(self.source.signed),
                    x_zero_point=self.source.zero_point,
                    y_zero_point=self.node.mulquant.zero_point,
                    y_lo=self.node.mulquant.lo,
                    y_hi=self.node.mulquant.hi,
                    rounding=self.node.mulquant.rounding.code,
                )
            )
            rows_done += run.tiles * k_tiles * self.hardware.rows
        return tuple(result)

    def ideal_cycles(self, images: int) -> int:
        """Weight-stationary cycle count of a batch.

        For each descriptor ROWS for the first load, then max(pixels in block, ROWS) for each tile; the very last tile
        takes just its pixels, since no further load hides behind it.
        """
        rows, depth = self.hardware.rows, self.hardware.acc_depth
        pixels = images * self.order.height * self.order.width
        full, rest = divmod(pixels, depth)
        blocks = [depth] * full + ([rest] if rest else [])
        per_k_tile = sum(max(block, rows) for block in blocks)
        spared = max(blocks[-1], rows) - blocks[-1]
        return sum(rows + run.tiles * self.plan.tap_groups * run.words * per_k_tile - spared for run in self.runs)

    def pipeline_cycles(self) -> int:
        """What a run takes beyond `ideal_cycles` without stalls: ROWS + COLS + 10 for each descriptor."""
        return len(self.runs) * (self.hardware.rows + self.hardware.cols + 10)


def map_layer(graph: Graph, name: str, hardware: Hardware) -> LayerProgram:
    """Map one layer of a graph onto the engine.

    Args:
        graph: the network.
        name: a node; the engine runs conv2d and linear.
        hardware: the engine's parameters.

    Raises:
        KeyError: no such node; the message lists the names.
        UnsupportedError: the engine cannot run the layer; the message says why.
        RangeError: the layer's accumulators could overflow ACC_W.
    """
    node = graph.node(name)
    if not isinstance(node, (Conv2d, Linear)):
        raise UnsupportedError(f"layer {name!r}: the engine runs conv2d and linear, not {node.op}")
    source, target = graph.inputs_of(node)[0], graph.edges[node.output]
    _check_widths(name, node, source, target, hardware)
    if isinstance(node, Linear):
        source, target = source.with_shape(*source.shape, 1, 1), target.with_shape(*target.shape, 1, 1)
        window, groups = _POINT, 1
    else:
        window, groups = node.window, node.groups
    plan = plan_rows(source.shape[0], window.taps, hardware)
    runs = column_runs(plan, node.out_channels, groups, hardware)
    matrix = node.weight.reshape(node.out_channels, -1, window.taps)
    weights = np.concatenate([tile_weights(matrix, groups, plan, run, hardware.cols) for run in runs])
    program = LayerProgram(
        hardware=hardware,
        node=node,
        source=source,
        target=target,
        window=window,
        plan=plan,
        runs=runs,
        weights=weights,
        params=_parameter_lanes(node, hardware),
        max_images=hardware.act_depth // (source.shape[1] * source.shape[2] * plan.ch_words),
    )
    _check_memories(name, program)
    return program


def _check_widths(name: str, node: WeightedNode, source: Edge, target: Edge, hardware: Hardware) -> None:
    for what, bits, limit, parameter in (
        ("input", source.bits, hardware.x_w, "X_W"),
        ("output", target.bits, hardware.x_w, "X_W"),
        ("weight", node.weight_bits, hardware.w_w, "W_W"),
        ("multiplier", node.mulquant.widths.scale, hardware.scale_w, "SCALE_W"),
        ("bias", node.mulquant.widths.bias, hardware.bias_w, "BIAS_W"),
    ):
        if bits > limit:
            raise UnsupportedError(f"layer {name!r}: {what} of {bits} bits does not fit {parameter} = {limit}")
    needed = node.accumulator_bits([source])
    if needed > hardware.acc_w:
        raise RangeError(f"layer {name!r}: accumulator needs {needed} bits, ACC_W = {hardware.acc_w} could overflow")


def _check_memories(name: str, program: LayerProgram) -> None:
    hardware = program.hardware
    words = program.source.shape[1] * program.source.shape[2] * program.plan.ch_words
    for what, needed, depth, parameter in (
        ("one image", words, hardware.act_depth, "ACT_DEPTH"),
        ("the weights", len(program.weights), hardware.wgt_depth, "WGT_DEPTH"),
        ("the parameters", program.order.col_tiles, hardware.par_depth, "PAR_DEPTH"),
    ):
        if needed > depth:
            raise UnsupportedError(f"layer {name!r}: {what} need {needed} words, {parameter} = {depth}")


def _parameter_lanes(node: WeightedNode, hardware: Hardware) -> np.typing.NDArray[np.uint64]:
    """Lanes {shift, bias, multiplier} of every column tile: (tiles, COLS) uint64, 0 on idle lanes."""
    quant = node.mulquant
    if hardware.param_w > 63:
        raise UnsupportedError(
            f"layer {node.name!r}: SCALE_W + BIAS_W + {SHIFT_W} = {hardware.param_w} bits do not fit a 63-bit lane"
        )
    multiplier = quant.multiplier & ((1 << hardware.scale_w) - 1)
    bias = quant.bias & ((1 << hardware.bias_w) - 1)
    lane = multiplier.astype(np.uint64)
    lane |= bias.astype(np.uint64) << np.uint64(hardware.scale_w)
    lane |= quant.shift.astype(np.uint64) << np.uint64(hardware.scale_w + hardware.bias_w)
    channels = np.broadcast_to(lane, node.out_channels)
    tiles = -(-node.out_channels // hardware.cols)
    padded = np.zeros(tiles * hardware.cols, dtype=np.uint64)
    padded[: node.out_channels] = channels
    return padded.reshape(tiles, hardware.cols)
