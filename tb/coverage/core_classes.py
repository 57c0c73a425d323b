"""Classes of a run of the core: which operations, shapes, widths, tiles and stalls it exercised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from t2c.contract.operations import Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant, OutputStage
from t2c.golden.arithmetic.rounding import FIRST_SHIFT, Rounding
from t2c.golden.arithmetic.window import Window
from t2c.golden.graph.node import Node, Weights
from t2c.golden.graph.tensor_spec import MAX_OPERAND_BITS, MIN_OPERAND_BITS, TensorSpec
from t2c.mapping.layer import WeightedPlan
from t2c.mapping.lower import lowered_kinds
from t2c.mapping.lowering.add import AddPlan
from t2c.mapping.program import Program, Work
from t2c.tb.components.bins import JOIN, Coverage
from t2c.tb.components.stalls import PROFILES, parse_stalls
from t2c.tb.coverage.product_classes import PRODUCTS, product_bins
from t2c.tb.coverage.view_classes import JOINS, VIEWS, view_bins

EDGES = ("top", "bottom", "left", "right")
BITS = range(MIN_OPERAND_BITS, MAX_OPERAND_BITS + 1)
SIGNS = {True: "signed", False: "unsigned"}
TWO_ROUNDINGS = ("a shift up to 31: one rounding", "a shift above 31: two roundings")
OWN_CONSTANTS = ", constants for each channel"


def _slides(kind: type[Node]) -> bool:
    return kind.declares("stride")


def _dilates(kind: type[Node]) -> bool:
    return kind.declares("dilation")


def _requantises(kind: type[Node]) -> bool:
    return bool(kind.stage_field)


def _averages(kind: type[Node]) -> bool:
    """It may have constants for each channel, or one set for all."""
    return kind.declares("kernel") and _requantises(kind)


def core_groups() -> dict[str, tuple[str, ...]]:
    """All bins of the core, by group; those of single operations follow from the kinds of nodes that it runs."""
    kinds = lowered_kinds()
    sliding = tuple(kind.op for kind in kinds if _slides(kind))
    dilating = tuple(kind.op for kind in kinds if _dilates(kind))
    requantising = tuple(kind.op for kind in kinds if _requantises(kind))
    return {
        "operation": (
            *(kind.op for kind in kinds),
            *(f"{kind.op}{OWN_CONSTANTS}" for kind in kinds if _averages(kind)),
        ),
        "convolution": ("dense", "grouped", "depthwise", "1 x 1", "higher than wide", "wider than high"),
        "stride": tuple(f"{op}{JOIN}{what}" for op in sliding for what in ("stride 1", "stride above 1")),
        "dilation": tuple(f"{op}{JOIN}{what}" for op in dilating for what in ("dilation 1", "dilation above 1")),
        "padding": (
            *(f"{op}{JOIN}padding used {edge}" for op in sliding for edge in EDGES),
            *(f"{op}{JOIN}no padding" for op in sliding),
            "more padding before than after",
            "more padding after than before",
            "a window wholly in the padding",
            "padding by a zero point other than 0",
        ),
        "zero points": tuple(
            f"{side} {sign}{JOIN}zero point {value}"
            for side in ("input", "output")
            for sign in SIGNS.values()
            for value in ("0", "not 0")
        ),
        "rounding": (
            *(f"{op}{JOIN}{mode.value}" for op in requantising for mode in Rounding),
            *(f"double, {how}" for how in TWO_ROUNDINGS),
        ),
        "results": tuple(
            f"{op}{JOIN}a result {where}" for op in requantising for where in ("at lo", "at hi", "between")
        ),
        "add": ("the same tensor twice", "two tensors", "operands of different signs", "operands of one sign"),
        "products": PRODUCTS,
        "views": VIEWS,
        "joins": JOINS,
        "K tiles": ("partial K tile", "full K tile", "one K tile", "several K tiles", "several taps in one tile"),
        "N tiles": ("partial N tile", "full N tile", "one N tile", "several N tiles"),
        "corners of the array": tuple(f"{r} row, {c} column" for r in ("first", "last") for c in ("first", "last")),
        "blocks": ("one block", "several blocks", "a last block that is not full"),
        "accumulators": ("kept from one column run to the next", "one column run for all K"),
        "weights": tuple(f"weights of {bits} bits" for bits in BITS),
        "activations": tuple(
            f"{side} of {bits} bits, {sign}" for side in ("input", "output") for bits in BITS for sign in SIGNS.values()
        ),
        "input stalls": tuple(f"input stalls {name}" for name in PROFILES),
        "output stalls": tuple(f"output stalls {name}" for name in PROFILES),
        "memories": (
            "all tensors stay",
            "a tensor passes in strips",
            "constants stay",
            "weights and parameters streamed",
        ),
        "images": ("one image", "several images in one run"),
        "array": ("ROWS = COLS", "ROWS > COLS"),
    }


def cover_run(program: Program, tensors: Mapping[str, IntArray], stall: str) -> Coverage:
    """The bins that a run hits once all its results have been compared.

    Args:
        program: what the core ran.
        tensors: golden's, of all images, by edge.
        stall: back-pressure, as `parse_stalls` takes it.
    """
    made = Coverage(core_groups())
    for group, name in (*_whole(program, stall), *_layers(program, tensors), *_steps(program), *view_bins(program)):
        made.hit(group, name)
    for name in product_bins(program):
        made.hit("products", name)
    return made


def _whole(program: Program, stall: str) -> Iterator[tuple[str, str]]:
    stall_in, stall_out = parse_stalls(stall)
    hardware = program.hardware
    yield "input stalls", f"input stalls {stall_in.name}"
    yield "output stalls", f"output stalls {stall_out.name}"
    yield "memories", "a tensor passes in strips" if program.spilled else "all tensors stay"
    streamed = any(step.op is Operation.WEIGHTS for step in program.steps)
    yield "memories", "weights and parameters streamed" if streamed else "constants stay"
    yield "images", "one image" if program.batch == 1 else "several images in one run"
    yield "array", "ROWS = COLS" if hardware.rows == hardware.cols else "ROWS > COLS"


def _layers(program: Program, tensors: Mapping[str, IntArray]) -> Iterator[tuple[str, str]]:
    for node in program.nodes:
        inputs, output = program.graph.inputs_of(node), program.graph.edges[node.output]
        yield "operation", node.op
        if not node.moves_data:
            continue
        yield from _formats(node, inputs, output)
        plan = program.plans.get(node.name)  # none where the results of another node pass its table
        kind, weights = type(node), node.weights
        if weights:
            yield "weights", f"weights of {weights.bits} bits"
        if weights and node.window and _slides(kind):
            yield from _kernel(weights, node.window)
        if _averages(kind) and isinstance(plan, WeightedPlan):
            yield "operation", f"{node.op}{OWN_CONSTANTS}"
        if isinstance(plan, AddPlan):
            yield "add", "two tensors" if len({*program.reads[node.name]}) == 2 else "the same tensor twice"
            yield (
                "add",
                f"operands of {'different signs' if len({edge.signed for edge in plan.edges}) == 2 else 'one sign'}",
            )
        if node.window and _slides(kind):
            yield from window_bins(kind, node.window, inputs[0])
        if node.stage:
            yield "rounding", f"{node.op}{JOIN}{node.stage.rounding.value}"
            if node.stage.rounding is Rounding.DOUBLE and isinstance(node.stage, MulQuant | AddQuant):
                shifts = np.unique(node.stage.shift > FIRST_SHIFT)
                yield from (("rounding", f"double, {TWO_ROUNDINGS[int(twice)]}") for twice in shifts)
            yield from _results(node.op, node.stage, tensors.get(node.output))


def _formats(node: Node, inputs: tuple[TensorSpec, ...], output: TensorSpec) -> Iterator[tuple[str, str]]:
    for side, edge in (*(("input", edge) for edge in inputs), ("output", output)):
        sign = SIGNS[edge.signed]
        yield "activations", f"{side} of {edge.bits} bits, {sign}"
        yield "zero points", f"{side} {sign}{JOIN}zero point {'not 0' if edge.zero_point else '0'}"


def _kernel(weights: Weights, window: Window) -> Iterator[tuple[str, str]]:
    channels = weights.values.shape[1] * weights.groups
    if weights.groups == 1:
        yield "convolution", "dense"
    else:
        yield "convolution", "depthwise" if weights.groups == channels else "grouped"
    high, wide = window.kernel
    if high == wide == 1:
        yield "convolution", "1 x 1"
    if high != wide:
        yield "convolution", "higher than wide" if high > wide else "wider than high"


def window_bins(kind: type[Node], window: Window, source: TensorSpec) -> Iterator[tuple[str, str]]:
    """What a window does on an image; padding counts only where a window really reaches into it."""
    op, extent = kind.op, source.shape[1:]
    sizes = window.output_size(*extent)
    used, outside = [], False
    for axis in (0, 1):
        starts = np.arange(sizes[axis]) * window.stride[axis] - window.before[axis]
        taps = starts[:, np.newaxis] + np.arange(window.kernel[axis]) * window.dilation[axis]
        used += [bool((taps < 0).any()), bool((taps >= extent[axis]).any())]
        outside |= bool(((taps < 0) | (taps >= extent[axis])).all(axis=1).any())
        yield "stride", f"{op}{JOIN}stride {'above 1' if window.stride[axis] > 1 else '1'}"
        if _dilates(kind):
            yield "dilation", f"{op}{JOIN}dilation {'above 1' if window.dilation[axis] > 1 else '1'}"
    for edge, reached in zip(EDGES, used, strict=True):
        if reached:
            yield "padding", f"{op}{JOIN}padding used {edge}"
    if not any(used):
        yield "padding", f"{op}{JOIN}no padding"
    for before, after in window.pads:
        if before != after:
            yield "padding", f"more padding {'before than after' if before > after else 'after than before'}"
    if outside:
        yield "padding", "a window wholly in the padding"
    if any(used) and source.zero_point:
        yield "padding", "padding by a zero point other than 0"


def _results(op: str, stage: OutputStage, values: IntArray | None) -> Iterator[tuple[str, str]]:
    if values is None:
        return
    lo, hi = stage.lo, stage.hi
    for where, there in (("at lo", values == lo), ("at hi", values == hi), ("between", (lo < values) & (values < hi))):
        if there.any():
            yield "results", f"{op}{JOIN}a result {where}"


def _steps(program: Program) -> Iterator[tuple[str, str]]:
    for step in program.steps:
        if step.work is None or step.op is not Operation.RUN:
            continue
        yield from _tiles(step.work)
        depth, blocks = program.hardware.acc_depth, step.descriptor.blocks
        yield "blocks", "one block" if blocks == 1 else "several blocks"
        if step.descriptor.pixels % depth:
            yield "blocks", "a last block that is not full"


def _tiles(work: Work) -> Iterator[tuple[str, str]]:
    """K lies on the rows, N on the columns; what is not full has rows or columns that stand for nothing."""
    plan, run, hardware = work.plan, work.run, work.plan.hardware
    if not isinstance(plan, WeightedPlan):
        return
    yield "accumulators", "kept from one column run to the next" if run.keep else "one column run for all K"
    taps, _ = plan.plan.tile_rows(run.first_word, run.words)
    channels = plan.channels[run.first_tile : run.first_tile + run.tiles]
    for letter, idle in (("K", taps < 0), ("N", channels < 0)):
        if idle.any():
            yield f"{letter} tiles", f"partial {letter} tile"
        if not idle.any(axis=1).all():
            yield f"{letter} tiles", f"full {letter} tile"
        yield f"{letter} tiles", f"one {letter} tile" if len(idle) == 1 else f"several {letter} tiles"
    if plan.plan.taps_per_tile > 1:
        yield "K tiles", "several taps in one tile"
    weights = plan.weights(run).reshape(-1, hardware.rows, hardware.cols)
    for row_name, row in (("first", 0), ("last", -1)):
        for col_name, col in (("first", 0), ("last", -1)):
            if weights[:, row, col].any():
                yield "corners of the array", f"{row_name} row, {col_name} column"
