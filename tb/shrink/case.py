"""What shrinking makes smaller: a package and how it is run; how large it is; how it fails."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.mulquant import AddQuant, MulQuant
from t2c.golden.graph.codec import edge_to_json, node_to_json
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package
from t2c.mapping.compiler import ALL
from t2c.tb.components.stalls import parse_stalls
from t2c.tb.cosim.request import RunRequest
from t2c.tb.cosim.verdict import RunResult

VALUES = "values"
"""The kind of a failure in which results, or the accumulators behind them, differ from golden's."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How a run failed. kind: two failures are alike if it is equal; layer: the first wrong one, "" if none is named;
    image: of the request's; position: (y, x) of the first wrong value, channel: its channel."""

    kind: str
    layer: str = ""
    image: int = 0
    position: tuple[int, int] = (0, 0)
    channel: int = 0


def failure_of(result: RunResult) -> Failure | None:
    """What a result says of its failure; None if it passed.

    Values that differ are one kind, whatever else is wrong then. Other failures are alike if they give the same first
    reason, numbers and the layer's name apart.
    """
    if result.passed:
        return None
    first = result.first
    if first is not None:
        position = (first.y, first.x)
        return Failure(kind=VALUES, layer=first.layer, image=first.n, position=position, channel=first.c)
    reason = result.reasons[0] if result.reasons else ""
    layers = [layer["layer"] for layer in result.figures.get("layers", ())]
    named = [name for name in layers if re.search(rf"\blayer {re.escape(name)}(?![\w.-])", reason)]
    for name in named:
        reason = reason.replace(f"layer {name}", "layer")
    reason = re.sub(r"; see .*", "", reason)
    return Failure(kind=re.sub(r"\d+", "#", reason), layer=next((n for n in named if not n.startswith("(")), ""))


@dataclass(frozen=True, kw_only=True, eq=False)
class ShrinkCase:
    """A package and how it is run."""

    package: Package
    request: RunRequest

    @property
    def alone(self) -> bool:
        """Whether one layer runs, and not the whole network."""
        return self.request.layer != ALL

    def running(self, package: Package) -> ShrinkCase:
        """The same run of another package."""
        return replace(self, package=package)

    def of_images(self, package: Package) -> ShrinkCase:
        """A run of all samples of a package."""
        request = replace(self.request, images=len(package.samples), first_image=0)
        return ShrinkCase(package=package, request=request)

    def digest(self) -> str:
        """Equal for cases that cannot differ in anything."""
        graph, tensors = self.package.graph, dict[str, npt.NDArray[np.generic]]()
        nodes = [node_to_json(node, tensors) for node in graph.nodes]
        edges = [edge_to_json(edge) for edge in graph.edges.values()]
        asked = {key: str(value) for key, value in asdict(self.request).items()}
        made = hashlib.sha256(json.dumps([nodes, edges, list(graph.edges), graph.output, asked]).encode())
        for name, values in (*sorted(tensors.items()), ("samples", self.package.samples)):
            made.update(f"{name}{values.shape}{values.dtype}".encode() + np.ascontiguousarray(values).tobytes())
        return made.hexdigest()


def size_of(case: ShrinkCase) -> tuple[int, ...]:
    """How large a case is; a move counts only if it makes this smaller. What comes first outweighs what comes later."""
    graph, request = case.package.graph, case.request
    weights = [node.weights.values for node in graph.nodes if node.weights]
    windows = [node.window for node in graph.nodes if node.window]
    return (
        len(graph.nodes),
        request.images + request.first_image,
        len(case.package.samples),
        sum(int(np.prod(edge.shape)) for edge in graph.edges.values()),
        sum(node.weights.groups > 1 for node in graph.nodes if node.weights),
        sum(values.size for values in weights),
        sum(sum((*w.kernel, *w.stride, *w.dilation, *map(sum, w.pads))) for w in windows),
        sum(side.name != "none" for side in parse_stalls(request.stall)),
        sum(_constants(node) for node in graph.nodes) + sum(_bits(edge.zero_point) for edge in graph.edges.values()),
        sum(map(_bits, [*weights, case.package.samples])),
    )


def _bits(values: npt.ArrayLike) -> int:
    """Bits that the values have together, signs apart."""
    return int(np.ceil(np.log2(np.abs(np.asarray(values, dtype=np.float64)) + 1)).sum())


def _constants(node: Node) -> int:
    """How far the constants of a node's output stage are from the simplest ones."""
    stage = node.stage
    if isinstance(stage, MulQuant):
        held: tuple[npt.ArrayLike, ...] = (np.abs(stage.multiplier - 1), stage.bias, stage.shift)
        size = sum(map(_bits, held)) + stage.channels
    elif isinstance(stage, AddQuant):
        held = (abs(stage.multiplier_a - 1), abs(stage.multiplier_b - 1), stage.bias, stage.shift)
        size = sum(map(_bits, held))
    else:
        return 0
    return size + _bits(stage.zero_point) + int(stage.rounding.value != "half_up")
