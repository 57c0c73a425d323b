"""Whether a package fits a chip: every constant, tensor and operation held against its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from t2c.golden.arithmetic.mulquant import MulQuant, OutputStage
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.node import Node
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.target.constants import ScalingConstants, scaling_constants
from t2c.golden.target.limits import ChipLimits, Clip
from t2c.golden.target.own_node import stands_for
from t2c.golden.target.saturation import saturated_clip, sum_range


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """What does not fit. layer: of the package, or its input; limit: field of the description; text: what and why."""

    layer: str
    limit: str
    text: str

    def __str__(self) -> str:
        return f"layer {self.layer!r}: {self.text} ({self.limit})"


def misfits(graph: Graph, chip: ChipLimits) -> list[Misfit]:
    """Everything in a graph that a chip cannot hold or compute, layer by layer; nothing if it fits.

    A layer that has a reference function of the user's own (`chip.references`) is held to operations and tensors only.
    """
    found = list(_edge_misfits(graph.edges[graph.input], graph.input, chip))
    for node in graph.nodes:
        found += node_misfits(node, graph.inputs_of(node), graph.edges[node.output], chip)
    return found


def refuse_misfits(graph: Graph, chip: ChipLimits) -> None:
    """Refuse a graph that does not fit.

    Raises:
        UnsupportedError: the first misfit, and how many there are.
    """
    found = misfits(graph, chip)
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise UnsupportedError(f"{found[0]}{more}")


def node_misfits(node: Node, inputs: Sequence[TensorSpec], output: TensorSpec, chip: ChipLimits) -> list[Misfit]:
    """Those of one layer and its output."""

    def misfit(limit: str, text: str) -> Misfit:
        return Misfit(layer=node.name, limit=limit, text=text)

    found = []
    if chip.operations and node.op not in chip.operations:
        found.append(misfit(f"operations: {', '.join(chip.operations)}", f"operation {node.op}"))
    found += _edge_misfits(output, node.name, chip)
    if stands_for(node, chip.references):
        return found
    bits = node.accumulator_bits(inputs)
    if bits is not None and bits > chip.accumulator:
        found.append(misfit(f"accumulator: {chip.accumulator}", f"sums of {bits} bits"))
    if node.weights is not None and node.weights.bits > chip.weights:
        found.append(misfit(f"weights: {chip.weights}", f"weights of {node.weights.bits} bits"))
    if node.stage is not None:
        found += [misfit(*pair) for pair in _stage_misfits(node, node.stage, inputs, output, chip)]
    return found


def _edge_misfits(edge: TensorSpec, layer: str, chip: ChipLimits) -> Iterator[Misfit]:
    if not chip.holds(edge.format):
        formats = ", ".join(map(str, chip.activations))
        yield Misfit(layer=layer, limit=f"activations: {formats}", text=f"tensor {edge.name!r} is {edge.format}")
    if not chip.zero_points and edge.zero_point:
        text = f"tensor {edge.name!r} has zero point {edge.zero_point}"
        yield Misfit(layer=layer, limit="zero_point: none", text=text)


def _stage_misfits(
    node: Node, stage: OutputStage, inputs: Sequence[TensorSpec], output: TensorSpec, chip: ChipLimits
) -> Iterator[tuple[str, str]]:
    yield from _clip_misfits(stage, output, chip)
    if not chip.saturates and getattr(stage, "clip", None) is not None:
        yield "saturate: nothing", "bounds for each channel"
    held = scaling_constants(stage)
    if held is None:
        return
    multiplier, low, high = chip.multiplier, *chip.shift
    for k, m in enumerate(held.multiplier.tolist()):
        if multiplier.refuses(m):
            yield f"multiplier: {multiplier}", f"multiplier[{k}] = {m}"
            break
    for k, s in enumerate(held.shift.tolist()):
        if not low <= s <= high:
            yield f"shift: [{low}, {high}]", f"shift[{k}] = {s}"
            break
    if chip.per_layer and isinstance(stage, MulQuant):
        for name, values in (("multipliers", held.multiplier), ("shifts", held.shift)):
            if len(set(values.tolist())) > 1:
                yield "per: layer", f"{len(set(values.tolist()))} {name} for {values.size} channels"
    if not chip.rounds(stage.rounding, int(held.shift.max())):
        modes = ", ".join(mode.value for mode in chip.rounding)
        yield f"rounding: {modes}", f"rounding {stage.rounding.value}"
    yield from _bias_misfits(held, chip)
    if chip.saturates and isinstance(stage, MulQuant):
        yield from _saturation_misfits(node, stage, held, inputs, chip)


def _bias_misfits(held: ScalingConstants, chip: ChipLimits) -> Iterator[tuple[str, str]]:
    limit = f"bias: {chip.bias or 'none'}{', bias_first' if chip.order.bias_first else ''}"
    values, what = held.bias, "bias"
    if chip.order.bias_first:
        before = held.before
        if before is None:
            yield limit, "a bias is no multiple of its multiplier"
            return
        values, what = before, "bias / multiplier"
    for k, value in enumerate(values.tolist()):
        if chip.refuses_bias(value):
            yield limit, f"{what}[{k}] = {value}"
            return


def _clip_misfits(stage: OutputStage, output: TensorSpec, chip: ChipLimits) -> Iterator[tuple[str, str]]:
    if chip.clip is Clip.ANY:
        return
    own = chip.activations or (output.format,)
    whole = [fmt for fmt in own if stage.hi == fmt.hi and stage.lo in (fmt.lo, *_relu(stage, chip))]
    if not whole:
        yield f"clip: {chip.clip.value}", f"results are clipped to {stage.lo}..{stage.hi}"


def _relu(stage: OutputStage, chip: ChipLimits) -> tuple[int, ...]:
    return (stage.zero_point,) if chip.clip is Clip.RELU else ()


def _saturation_misfits(
    node: Node, stage: MulQuant, held: ScalingConstants, inputs: Sequence[TensorSpec], chip: ChipLimits
) -> Iterator[tuple[str, str]]:
    """A sum that the chip would saturate and the package does not."""
    sums, bias = sum_range(node, inputs), held.before if chip.order.bias_first else held.bias
    if sums is None or bias is None:
        return
    limit = f"saturate: {', '.join(saturation_of(chip))}"
    try:
        clip = saturated_clip(stage, sums, chip.order, bias)
    except RangeError as error:
        yield limit, str(error)
        return
    own = (stage.lo, stage.hi) if stage.clip is None else (stage.clip.channel_lo, stage.clip.channel_hi)
    wrong = clip.differ(*own)
    if wrong.size:
        k = int(wrong[0])
        ends = (int(np.broadcast_to(values, clip.lo.shape)[k]) for values in (sums.lo, sums.hi))
        text = "channel {}: sums reach {}..{}, which saturate to results of {}..{}, not {}..{}"
        mine = (int(np.broadcast_to(bound, clip.lo.shape)[k]) for bound in own)
        yield limit, text.format(k, *ends, clip.lo[k], clip.hi[k], *mine)


def saturation_of(chip: ChipLimits) -> list[str]:
    """Where a chip saturates, as its description says it."""
    widths = {"operand": chip.order.operand_bits, "sum": chip.order.sum_bits}
    return [f"{name} {bits}" for name, bits in widths.items() if bits is not None]
