"""The drawing of a graph: boxes apart and below each other, edges from box to box, the body of a search in its box."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any

import pytest

from t2c.flows.report.area import Area
from t2c.flows.report.graph_svg import graph_svg
from t2c.flows.report.layout import LaidGraph, lay_out
from t2c.flows.report.reading import ShownGraph, read_graph
from tests.flows.html_tree import read_html
from tests.flows.report_case import case_graph, chain, edge, graph, task

NESTED = graph(
    [task(name, "PRUNE") for name in ("start", "fork", "a", "again", "b", "c", "d", "join", "inner", "outer", "end")],
    [
        *chain("start", "fork", "a", "again", "join", "inner", "outer", "end"),
        edge("again", "a", "again"),
        *chain("fork", "b", "join"),
        *chain("fork", "c", "d", "join"),
        edge("inner", "inner", "again"),
        edge("outer", "join", "again"),
        edge("start", "end", "else"),
    ],
)
CROSSED = graph(
    [task(name, "PRUNE") for name in "sabcdefgz"],
    [
        *(edge("s", name) for name in "abc"),
        *chain("a", "f"),
        *chain("b", "e"),
        *chain("c", "d", "g"),
        *(edge(name, "z") for name in "defg"),
        edge("a", "z", "else"),
        edge("c", "e", "else"),
    ],
)


def drawn_at_random(seed: int, count: int) -> dict[str, Any]:
    """A flow in which each task leads to a later one, some to two, and some back."""
    chance = random.Random(seed)
    names = [f"task_{number}" for number in range(count)]
    edges = []
    for number, name in enumerate(names[:-1]):
        ahead = dict.fromkeys([number + 1, *([chance.randrange(number + 1, count)] if chance.random() < 0.3 else [])])
        edges += [edge(name, names[target], label) for target, label in zip(ahead, ("then", "else"), strict=False)]
        if chance.random() < 0.2:
            edges.append(edge(name, names[chance.randrange(0, number + 1)], "again"))
    return graph([task(name, "PRUNE") for name in names], edges)


GRAPHS = {
    "case": case_graph(),
    "nested": NESTED,
    "crossed": CROSSED,
    "one": graph([task("only", "STOP")], []),
    **{f"random {seed}": drawn_at_random(seed, 4 + seed) for seed in range(0, 27, 2)},
}
ALL = pytest.mark.parametrize("name", GRAPHS)


def laid_out(name: str) -> tuple[ShownGraph, LaidGraph]:
    shown = read_graph(GRAPHS[name])
    return shown, lay_out(shown)


def every(laid: LaidGraph) -> Iterator[LaidGraph]:
    """A laid graph and the bodies in it."""
    yield laid
    for box in laid.boxes.values():
        if box.body:
            yield from every(box.body)


def apart(one: Area, other: Area) -> bool:
    return (
        one.right + 10 <= other.left
        or other.right + 10 <= one.left
        or one.bottom + 10 <= other.top
        or other.bottom + 10 <= one.top
    )


@ALL
def test_boxes_do_not_overlap_and_lie_in_the_picture(name: str) -> None:
    for laid in every(laid_out(name)[1]):
        areas = [box.area for box in laid.boxes.values()]
        assert all(apart(one, other) for one, other in combinations(areas, 2))
        assert laid.width < 200 * (len(areas) + 1)
        for area in areas:
            assert area.left >= 0
            assert area.top >= 0
            assert area.right <= laid.width
            assert area.bottom <= laid.height
        for box in laid.boxes.values():
            if box.body:
                assert box.body.width <= box.area.width
                assert box.body.height < box.area.height


@ALL
def test_an_edge_leads_from_its_box_to_its_box_and_through_no_other(name: str) -> None:
    for laid in every(laid_out(name)[1]):
        for one in laid.edges:
            source, target = laid.boxes[one.edge.source].area, laid.boxes[one.edge.target].area
            (first_x, first_y), (last_x, last_y) = one.points[0], one.points[-1]
            if one.back:
                assert first_x == source.right
                assert last_x == target.right
                assert source.top < first_y < source.bottom
                assert target.top < last_y < target.bottom
            else:
                assert first_y == source.bottom
                assert last_y == target.top
                assert source.left < first_x < source.right
                assert target.left < last_x < target.right
                assert all(y <= below for (_, y), (_, below) in pairwise(one.points)), "downwards all the way"
            for box in laid.boxes.values():
                assert not any(_passes(a, b, box.area) for a, b in pairwise(one.points)), (one.edge, box.task.name)


def _passes(start: tuple[float, float], end: tuple[float, float], area: Area) -> bool:
    """Whether a piece of an edge comes into a box; its curve stays between the heights and sides of its ends."""
    for step in range(1, 40):
        share = step / 40
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        if area.left + 0.5 < x < area.right - 0.5 and area.top + 0.5 < y < area.bottom - 0.5:
            return True
    return False


@ALL
def test_every_edge_is_drawn_once_and_every_way_leads_down_but_those_that_close_a_cycle(name: str) -> None:
    shown, laid = laid_out(name)
    assert tuple(one.edge for one in laid.edges) == shown.edges
    for one in laid.edges:
        above = laid.boxes[one.edge.source].area.bottom <= laid.boxes[one.edge.target].area.top
        assert one.back != above


def test_what_leads_back_is_a_loop_and_branches_stand_side_by_side() -> None:
    _, laid = laid_out("nested")
    assert [(one.edge.source, one.edge.target) for one in laid.edges if one.back] == [
        *(("again", "a"), ("inner", "inner"), ("outer", "join"))
    ]
    tops = {name: laid.boxes[name].area.top for name in ("a", "b", "c")}
    assert len(set(tops.values())) == 1
    assert [laid.boxes[name].area.left for name in "abc"] == sorted(laid.boxes[name].area.left for name in "abc")


def test_a_chain_is_straight() -> None:
    names = [f"task_{'x' * (number % 7)}{number}" for number in range(30)]
    laid = lay_out(read_graph(graph([task(name, "PRUNE") for name in names], chain(*names))))
    assert len({round(box.area.middle, 6) for box in laid.boxes.values()}) == 1
    assert laid.width < 300


@ALL
def test_the_picture_has_each_box_with_its_texts_and_each_edge_with_its_ends(name: str) -> None:
    page = read_html(graph_svg(read_graph(GRAPHS[name])))
    flows = [GRAPHS[name], *(one["body"] for one in GRAPHS[name]["tasks"] if "body" in one)]
    wanted = [(one["source"], one["target"], one["label"]) for flow in flows for one in flow["edges"]]
    edges = [node.attributes for node in page.all("g", class_="edge")]
    assert sorted((one["data-from"], one["data-to"], one["data-label"]) for one in edges) == sorted(wanted)
    boxes = [node.attributes["data-task"] for node in page.all("g", class_="box")]
    assert sorted(boxes) == sorted(one["name"] for flow in flows for one in flow["tasks"])


def test_the_body_of_a_search_is_in_its_box() -> None:
    page = read_html(graph_svg(read_graph(case_graph())))
    box = page.one("g", data_task="search")
    assert {inner.attributes["data-task"] for inner in box.all("g", class_="box")} == {
        *("quantize", "wide", "mix", "estimate", "again", "(end)")
    }

    def frame(name: str) -> list[float]:
        rect = page.one("g", data_task=name).all("rect")[0].attributes
        return [float(rect[side]) for side in ("x", "y", "width", "height")]

    x, y, width, height = frame("search")
    for name in ("quantize", "again", "(end)"):
        left, top, wide, high = frame(name)
        assert x < left < left + wide < x + width
        assert y < top < top + high < y + height


def test_labels_are_written_where_there_are_several() -> None:
    page = read_html(graph_svg(read_graph(case_graph())))
    written = {
        (node.attributes["data-from"], node.attributes["data-to"]): [text.text() for text in node.all("text")]
        for node in page.all("g", class_="edge")
    }
    assert written["wide", "mix"] == ["then"]
    assert written["wide", "estimate"] == ["else"]
    assert written["again", "quantize"] == written["small", "search"] == ["again"]
    assert written["orders", "scale"] == written["train", "fixed"] == []


def test_a_long_name_is_cut_and_whole_in_the_title() -> None:
    name = "a" * 200
    page = read_html(graph_svg(read_graph(graph([task(name, "STOP")], []))))
    assert page.one("title").text() == f"{name}: STOP"
    assert re.fullmatch("a{20,40}…", page.all("text")[0].text())
