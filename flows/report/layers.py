"""Which task lies how far down: every way leads down, save those that close a cycle."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.flows.graph import FlowEdge


def backward(names: Sequence[str], edges: Sequence[FlowEdge]) -> set[int]:
    """Numbers of the edges that close a cycle, as one meets them from the first task on."""
    outgoing: dict[str, list[int]] = {name: [] for name in names}
    for number, edge in enumerate(edges):
        outgoing[edge.source].append(number)
    found: set[int] = set()
    done: set[str] = set()
    for start in names:
        path = [(start, iter(outgoing[start]))] if start not in done else []
        open_ones = {start}
        done.add(start)
        while path:
            here, ways = path[-1]
            number = next(ways, -1)
            if number < 0:
                path.pop()
                open_ones.discard(here)
                continue
            target = edges[number].target
            if target in open_ones:
                found.add(number)
            elif target not in done:
                done.add(target)
                open_ones.add(target)
                path.append((target, iter(outgoing[target])))
    return found


def layers_of(names: Sequence[str], edges: Sequence[FlowEdge], back: set[int]) -> dict[str, int]:
    """The longest way down to each task, from 0, over the edges that are not in `back`."""
    layer = dict.fromkeys(names, 0)
    down = [edge for number, edge in enumerate(edges) if number not in back]
    for _ in names:
        moved = False
        for edge in down:
            if layer[edge.target] <= layer[edge.source]:
                layer[edge.target] = layer[edge.source] + 1
                moved = True
        if not moved:
            break
    return layer
