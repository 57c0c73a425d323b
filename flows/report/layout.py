"""The layout of a flow's graph: boxes in layers, the body of a search in its box, and the way of each edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from t2c.flows.report.area import Area
from t2c.flows.report.layers import backward, layers_of
from t2c.flows.report.placing import placed_across
from t2c.flows.report.reading import ShownGraph, ShownTask
from t2c.flows.report.slots import chains_of, ordered
from t2c.flows.report.ways import LaidEdge, Ways

LAYER_GAP, MARGIN = 38.0, 16.0
BOX_HEIGHT, HEADING = 46.0, 46.0
"""Of a task, and of what is above the body of a search."""
_LEAST, _MOST, _LETTER = 118.0, 250.0, 7.8


@dataclass(frozen=True, kw_only=True)
class LaidBox:
    """task: what is in it; area: where, in the graph around it; body: of a search, from the corner of its box on."""

    task: ShownTask
    area: Area
    body: LaidGraph | None


@dataclass(frozen=True, kw_only=True)
class LaidGraph:
    """width, height: of all; boxes: by name of the task; edges: in their order."""

    width: float
    height: float
    boxes: Mapping[str, LaidBox]
    edges: tuple[LaidEdge, ...]


def lay_out(graph: ShownGraph) -> LaidGraph:
    """Lay out a graph, downwards from its first task."""
    names = [task.name for task in graph.tasks]
    back = backward(names, graph.edges)
    layer = layers_of(names, graph.edges, back)
    chains = chains_of(graph.edges, layer, back)
    rows = ordered(names, graph.edges, layer, chains)
    bodies = {task.name: lay_out(task.body) if task.body else None for task in graph.tasks}
    sizes = {task.name: _size(task, bodies[task.name]) for task in graph.tasks}
    across = placed_across(rows, chains, {(name, layer[name]): size[0] for name, size in sizes.items()})
    tops, heights = _down(sizes, layer)
    boxes = {}
    for task in graph.tasks:
        width, height = sizes[task.name]
        at = layer[task.name]
        left = MARGIN + across[task.name, at] - width / 2
        area = Area(left=left, top=tops[at] + (heights[at] - height) / 2, width=width, height=height)
        boxes[task.name] = LaidBox(task=task, area=area, body=bodies[task.name])
    bands = [(top, top + height) for top, height in zip(tops, heights, strict=True)]
    areas = {name: box.area for name, box in boxes.items()}
    edges = Ways(graph.edges, chains, {slot: MARGIN + at for slot, at in across.items()}, areas, bands).all()
    right = max([box.area.right for box in boxes.values()] + [x for edge in edges for x, _ in edge.points], default=0.0)
    bottom = bands[-1][1] if bands else 0.0
    return LaidGraph(width=right + MARGIN, height=bottom + MARGIN, boxes=boxes, edges=edges)


def _size(task: ShownTask, body: LaidGraph | None) -> tuple[float, float]:
    if is_end(task):
        return 22.0, 22.0
    width = min(max(_LETTER * max(len(task.name), len(task.kind)) + 24, _LEAST), _MOST)
    return (max(width, body.width), HEADING + body.height) if body else (width, BOX_HEIGHT)


def is_end(task: ShownTask) -> bool:
    """Whether it is the end of a body, which no yaml names."""
    return task.kind == "STOP" and not task.name.isidentifier()


def _down(sizes: Mapping[str, tuple[float, float]], layer: Mapping[str, int]) -> tuple[list[float], list[float]]:
    """Top and height of each layer."""
    heights = [0.0] * (max(layer.values(), default=-1) + 1)
    for name, at in layer.items():
        heights[at] = max(heights[at], sizes[name][1])
    tops = [MARGIN + sum(heights[:at]) + LAYER_GAP * at for at in range(len(heights))]
    return tops, heights
