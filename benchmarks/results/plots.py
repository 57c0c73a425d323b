"""The plots beside the page: lines and bars as SVG, written by hand; the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 380
LEFT, RIGHT, TOP, BOTTOM = 60, 200, 40, 50
COLOURS = (
    *("#1f6fb4", "#d1603d", "#3a7d44", "#8e5ea2", "#b8860b", "#2b9c9c", "#8a8a8a", "#b03060"),
    *("#222222", "#7fb800", "#e377c2", "#4b3f72"),
)
STYLE = "font-family: sans-serif; font-size: 12px"


@dataclass(frozen=True)
class Point:
    """Where on the horizontal axis, by its label; the mean and the standard deviation, in percent."""

    at: str
    mean: float
    spread: float = 0.0


Series = Mapping[str, Sequence[Point]]
"""Points by the title of their line."""


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from below `low` to above `high`, five to ten of them.

    >>> ticks(92.3, 98.1)
    [92.0, 93.0, 94.0, 95.0, 96.0, 97.0, 98.0, 99.0]
    """
    step = next(s for s in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0) if (high - low) / s <= 8 or s == 20.0)
    first, last = int(low // step), -int(-high // step)
    return [round(k * step, 6) for k in range(first, max(last, first + 1) + 1)]


class _Canvas:
    """A frame with axes; what is drawn is kept in `parts`."""

    def __init__(self, title: str, across: str, up: str, labels: Sequence[str], low: float, high: float) -> None:
        self.labels = list(labels)
        marks = ticks(low, high)
        self.low, self.high = marks[0], marks[-1]
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" style="{STYLE}">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            f'<text x="{LEFT}" y="22" font-weight="bold">{escape(title)}</text>',
        ]
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for mark in marks:
            y = self.y(mark)
            self.parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>')
            self.parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{mark:g}</text>')
        for label in self.labels:
            x = self.x(label)
            self.parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(label)}</text>')
        middle = (TOP + bottom) / 2
        self.parts += [
            f'<line x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}" stroke="#333333"/>',
            f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(across)}</text>',
            f'<text x="16" y="{middle:.0f}" text-anchor="middle" transform="rotate(-90 16 {middle:.0f})">'
            f"{escape(up)}</text>",
        ]

    def x(self, label: str) -> float:
        """The middle of the place of a label."""
        return LEFT + (self.labels.index(label) + 0.5) * (WIDTH - RIGHT - LEFT) / len(self.labels)

    def y(self, value: float) -> float:
        """The height of a value."""
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)

    def whisker(self, x: float, point: Point, colour: str = "#333333") -> None:
        """Mean plus and minus the spread."""
        if point.spread:
            low, high = (self.y(point.mean + sign * point.spread) for sign in (-1, 1))
            self.parts.append(f'<line x1="{x:.1f}" y1="{low:.1f}" x2="{x:.1f}" y2="{high:.1f}" stroke="{colour}"/>')

    def legend(self, titles: Sequence[str]) -> None:
        """What each colour is, on the right."""
        for number, title in enumerate(titles):
            y, colour = TOP + 18 * number, COLOURS[number % len(COLOURS)]
            self.parts.append(f'<rect x="{WIDTH - RIGHT + 14}" y="{y}" width="10" height="10" fill="{colour}"/>')
            self.parts.append(f'<text x="{WIDTH - RIGHT + 30}" y="{y + 10}">{escape(title)}</text>')

    def svg(self) -> str:
        """The picture."""
        return "\n".join([*self.parts, "</svg>", ""])


def _canvas(
    title: str, across: str, up: str, series: Series, labels: Sequence[str], floor: float | None = None
) -> _Canvas:
    points = [point for line in series.values() for point in line]
    low = min((point.mean - point.spread for point in points), default=0.0) if floor is None else floor
    high = max((point.mean + point.spread for point in points), default=1.0)
    canvas = _Canvas(title, across, up, labels, low, high)
    canvas.legend(list(series))
    return canvas


def lines(title: str, across: str, up: str, series: Series, labels: Sequence[str]) -> str:
    """SVG of one line a series over the labels, with whiskers; a point that is missing leaves its place out."""
    canvas = _canvas(title, across, up, series, labels)
    for number, points in enumerate(series.values()):
        colour = COLOURS[number % len(COLOURS)]
        shift = 5.0 * (number - (len(series) - 1) / 2)  # whiskers of one label stand beside each other
        places = [(canvas.x(point.at) + shift, canvas.y(point.mean)) for point in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        canvas.parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for point, (x, y) in zip(points, places, strict=True):
            canvas.whisker(x, point, colour)
            canvas.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')
    return canvas.svg()


def bars(title: str, across: str, up: str, series: Series, labels: Sequence[str]) -> str:
    """SVG of a group of bars a label, one bar a series, from 0 on, with whiskers."""
    canvas = _canvas(title, across, up, series, labels, floor=0.0)
    width = 0.8 * (WIDTH - RIGHT - LEFT) / len(labels) / max(1, len(series))
    for number, points in enumerate(series.values()):
        for point in points:
            x, y = canvas.x(point.at) + (number - len(series) / 2) * width, canvas.y(point.mean)
            canvas.parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{width - 2:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" '
                f'fill="{COLOURS[number % len(COLOURS)]}"/>'
            )
            canvas.whisker(x + width / 2 - 1, point)
    return canvas.svg()
