"""The graph of a flow as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from t2c.flows.report.area import Area
from t2c.flows.report.layout import HEADING, LaidBox, LaidGraph, is_end, lay_out
from t2c.flows.report.markup import Markup, element
from t2c.flows.report.placing import BACK_GAP
from t2c.flows.report.reading import ShownGraph, ShownTask
from t2c.flows.report.ways import LaidEdge

_LINE, _BACK, _TEXT, _FAINT = "#6b7683", "#b3541e", "#1d2733", "#5b6672"
_FILLS = {
    **dict.fromkeys(("BRANCH", "LOOP"), ("#fdf0d8", "#c98a1b")),
    **dict.fromkeys(("FORK", "REDUCE", "JOIN"), ("#efe7f7", "#8357a8")),
    "SEARCH": ("#f1f6f2", "#4c8a5d"),
    "STOP": ("#e9ecef", "#7d8791"),
}
_TASK = ("#e5eff9", "#3a78b5")
"""Fill and border of a box."""
_LETTER_NAME, _LETTER_KIND = 7.8, 6.6
_ROUND = 8.0


def graph_svg(graph: ShownGraph) -> Markup:
    """The graph: a box a task, an arrow an edge; a search holds its body."""
    laid = lay_out(graph)
    return element(
        "svg",
        *_drawn(laid, 0.0, 0.0),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {laid.width:.0f} {laid.height:.0f}",
        width=f"{laid.width:.0f}",
        height=f"{laid.height:.0f}",
        font_family="sans-serif",
        class_="graph",
        role="img",
    )


def _drawn(laid: LaidGraph, left: float, top: float) -> Iterator[Markup]:
    """All of a graph whose corner is at a place."""
    for edge in laid.edges:
        yield _edge(edge, left, top, _label_side(edge, laid))
    for box in laid.boxes.values():
        yield _box(box, left, top)


def _label_side(edge: LaidEdge, laid: LaidGraph) -> str:
    """Whether its label ends or starts beside it; "" if its source has ways of one label only, which says nothing."""
    beside = [other for other in laid.edges if other.edge.source == edge.edge.source]
    if all(other.edge.label == edge.edge.label for other in beside):
        return ""
    return "end" if edge.points[0][0] < laid.boxes[edge.edge.source].area.middle - 1 else "start"


def _box(box: LaidBox, left: float, top: float) -> Markup:
    task, area = box.task, box.area
    here = Area(left=left + area.left, top=top + area.top, width=area.width, height=area.height)
    fill, border = _FILLS.get(task.kind, _TASK)
    round_by = here.height / 2 if task.kind == "STOP" else _ROUND
    frame = element("rect", **_frame(here), rx=f"{round_by:.1f}", fill=fill, stroke=border, stroke_width="1.4")
    title = element("title", f"{task.name}: {task.kind}")
    if is_end(task):
        return element("g", title, frame, class_="box", data_task=task.name)
    inside = []
    if box.body:
        inside = [
            _text(here.left + 14, here.top + 20, task.name, bold=True, width=here.width - 28, anchor="start"),
            _text(here.left + 14, here.top + 36, _search(task), bold=False, width=here.width - 28, anchor="start"),
            *_drawn(box.body, here.left + (here.width - box.body.width) / 2, here.top + HEADING),
        ]
    else:
        middle = here.top + here.height / 2
        inside = [
            _text(here.middle, middle - 4, task.name, bold=True, width=here.width - 16),
            _text(here.middle, middle + 13, task.kind, bold=False, width=here.width - 16),
        ]
    return element("g", title, frame, *inside, class_="box", data_task=task.name)


def _frame(area: Area) -> dict[str, str]:
    places = {"x": area.left, "y": area.top, "width": area.width, "height": area.height}
    return {name: f"{value:.1f}" for name, value in places.items()}


def _search(task: ShownTask) -> str:
    """What a search says of itself, in short."""
    method, trials = task.parameters.get("method"), task.parameters.get("trials")
    return ", ".join([task.kind, *([str(method)] if method else []), *([f"{trials} trials"] if trials else [])])


def _text(x: float, y: float, text: str, *, bold: bool, width: float, anchor: str = "middle") -> Markup:
    """A line of text, cut to a width."""
    letters = max(4, int(width / (_LETTER_NAME if bold else _LETTER_KIND)))
    shown = text if len(text) <= letters else f"{text[: letters - 1]}…"
    return element(
        "text",
        shown,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        text_anchor=anchor,
        font_size="13" if bold else "11.5",
        font_weight="600" if bold else None,
        fill=_TEXT if bold else _FAINT,
    )


def _edge(laid: LaidEdge, left: float, top: float, side: str) -> Markup:
    points = [(left + x, top + y) for x, y in laid.points]
    colour = _BACK if laid.back else _LINE
    parts = [
        element("title", f"{laid.edge.source} to {laid.edge.target}: {laid.edge.label}"),
        element(
            "path",
            d=_bent(points) if laid.back else _curved(points),
            fill="none",
            stroke=colour,
            stroke_width="1.5",
            stroke_dasharray="5 3" if laid.back else None,
        ),
        element("path", d=_head(points), fill=colour),
    ]
    if side:
        (x, y), (beside, _) = points[:2]
        place = (beside - BACK_GAP + 4, y - 5) if laid.back else (x + (6 if side == "start" else -6), y + 14)
        parts.append(
            element(
                "text",
                laid.edge.label,
                x=f"{place[0]:.1f}",
                y=f"{place[1]:.1f}",
                font_size="11",
                text_anchor=side,
                font_style="italic",
                fill=colour,
                **{"paint-order": "stroke", "stroke": "#ffffff", "stroke-width": "3"},
            )
        )
    return element(
        "g", *parts, class_="edge", data_from=laid.edge.source, data_to=laid.edge.target, data_label=laid.edge.label
    )


def _curved(points: list[tuple[float, float]]) -> str:
    """A line through points, each piece of which leaves and arrives vertically."""
    said = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(x - to_x) < 0.05:
            said.append(f"L{to_x:.1f} {to_y:.1f}")
        else:
            middle = (y + to_y) / 2
            said.append(f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}")
    return " ".join(said)


def _bent(points: list[tuple[float, float]]) -> str:
    """A line to the right, upwards and back to the left, with round corners."""
    (x, y), *lane, (end, high) = points
    low_lane, high_lane = lane[0][0], lane[-1][0]
    by = min(_ROUND, abs(y - high) / 2, max(low_lane - x, 0.1), max(high_lane - end, 0.1))
    middle = _curved([(low_lane, y - by), *lane[1:-1], (high_lane, high + by)])[1:]
    return (
        f"M{x:.1f} {y:.1f} L{low_lane - by:.1f} {y:.1f} Q{low_lane:.1f} {y:.1f} {middle} "
        f"Q{high_lane:.1f} {high:.1f} {high_lane - by:.1f} {high:.1f} L{end:.1f} {high:.1f}"
    )


def _head(points: list[tuple[float, float]]) -> str:
    """The head of an arrow at the last point, in the direction in which it arrives: down, or to the left."""
    (before, _), (x, y) = points[-2:]
    if before > x + 0.05:
        return f"M{x:.1f} {y:.1f} l8 -4 v8 z"
    return f"M{x:.1f} {y:.1f} l-4 -8 h8 z"
