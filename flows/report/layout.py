"""The layout of a flow's graph: boxes in layers, the body of a search in its box, and the way of each edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from t2c.flows.graph import FlowEdge
from t2c.flows.report.layers import backward, layers_of
from t2c.flows.report.placing import placed_across
from t2c.flows.report.reading import ShownGraph, ShownTask
from t2c.flows.report.slots import Chains, Slot, chains_of, ordered

Points = tuple[tuple[float, float], ...]
"""From the side of the one box to that of the other."""
LAYER_GAP, MARGIN = 38.0, 16.0
BOX_HEIGHT, HEADING = 46.0, 46.0
"""Of a task, and of what is above the body of a search."""
LEAVING, ARRIVING = 4.0, 12.0
"""How far an edge goes straight down at its ends."""
_SNAP = 4.0
"""Pieces of edges that lead less aside are vertical."""
_LEAST, _MOST, _LETTER = 118.0, 250.0, 7.8


@dataclass(frozen=True, kw_only=True)
class Area:
    """left, top: of its corner; width, height."""

    left: float
    top: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Of its width."""
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        """Its right side."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.top + self.height


@dataclass(frozen=True, kw_only=True)
class LaidBox:
    """task: what is in it; area: where, in the graph around it; body: of a search, from the corner of its box on."""

    task: ShownTask
    area: Area
    body: LaidGraph | None


@dataclass(frozen=True, kw_only=True)
class LaidEdge:
    """edge; points: from the side of the one box to that of the other; back: whether it closes a cycle."""

    edge: FlowEdge
    points: Points
    back: bool


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
    edges = _Ways(graph, chains, {slot: MARGIN + at for slot, at in across.items()}, boxes, bands).all()
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


class _Ways:
    """The points of all edges. Where several begin or end at one side of a box, they share it out."""

    def __init__(
        self,
        graph: ShownGraph,
        chains: Chains,
        across: Mapping[Slot, float],
        boxes: Mapping[str, LaidBox],
        bands: list[tuple[float, float]],
    ) -> None:
        self._edges, self._chains, self._across = graph.edges, chains, across
        self._areas = {name: box.area for name, box in boxes.items()}
        self._bands = bands

    def all(self) -> tuple[LaidEdge, ...]:
        """In the order of the edges."""
        starts = self._shares(0, 1)
        ends = self._shares(-1, -2)
        sides = self._sides()
        return tuple(
            LaidEdge(edge=edge, points=self._back(number, sides), back=True)
            if number in self._chains.back
            else LaidEdge(edge=edge, points=self._forward(number, starts, ends), back=False)
            for number, edge in enumerate(self._edges)
        )

    def _shares(self, end: int, next_one: int) -> dict[int, float]:
        """Where on a box's lower (or upper) side each edge that leads down begins (or ends)."""
        at: dict[Slot, list[int]] = {}
        for number, chain in self._chains.forward.items():
            at.setdefault(chain[end], []).append(number)
        found = {}
        for (name, _), numbers in at.items():
            numbers.sort(key=lambda number: self._across[self._chains.forward[number][next_one]])
            area = self._areas[str(name)]
            step = min(30.0, area.width / (len(numbers) + 1))
            for index, number in enumerate(numbers):
                found[number] = area.middle + step * (index - (len(numbers) - 1) / 2)
        return found

    def _sides(self) -> dict[tuple[int, bool], float]:
        """Where on a box's right side each edge that leads back begins (True) or ends (False)."""
        at: dict[str, list[tuple[int, bool]]] = {}
        for number in sorted(self._chains.back, key=lambda number: len(self._chains.back[number])):
            at.setdefault(self._edges[number].target, []).append((number, False))
            at.setdefault(self._edges[number].source, []).append((number, True))
        found = {}
        for name, ends in at.items():
            area = self._areas[name]
            step = min(12.0, area.height / (len(ends) + 1))
            for index, end in enumerate(ends):
                found[end] = (area.top + area.bottom) / 2 + step * (index - (len(ends) - 1) / 2)
        return found

    def _forward(self, number: int, starts: Mapping[int, float], ends: Mapping[int, float]) -> Points:
        chain = self._chains.forward[number]
        first, last = self._areas[str(chain[0][0])], self._areas[str(chain[-1][0])]
        points = [(starts[number], first.bottom), (starts[number], self._bands[chain[0][1]][1] + LEAVING)]
        for bend in chain[1:-1]:
            points += [(self._across[bend], y) for y in self._bands[bend[1]]]
        points += [(ends[number], self._bands[chain[-1][1]][0] - ARRIVING), (ends[number], last.top)]
        straight = points[:1]
        for x, y in points[1:]:
            straight.append((straight[-1][0] if abs(x - straight[-1][0]) < _SNAP else x, y))
        return tuple(dict.fromkeys(straight))

    def _back(self, number: int, sides: Mapping[tuple[int, bool], float]) -> Points:
        chain = self._chains.back[number]
        source, target = self._areas[self._edges[number].source], self._areas[self._edges[number].target]
        low, high = sides[number, True], sides[number, False]
        points = [(source.right, low), (self._across[chain[-1]], low)]
        for bend in reversed(chain[1:-1]):
            points += [(self._across[bend], y) for y in reversed(self._bands[bend[1]])]
        points += [(self._across[chain[0]], high), (target.right, high)]
        return tuple(points)
