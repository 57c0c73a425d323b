"""A chart as SVG: a frame with two axes, and points, lines and bands in it; the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.flows.report.axes import Axis
from t2c.flows.report.markup import Markup, element
from t2c.flows.report.quantities import number

WIDTH, HEIGHT = 540, 330
BLUE, ORANGE, GREEN, GREY, RED = "#2a6fb0", "#d2691e", "#3a8a4d", "#98a2ad", "#b3261e"
COLOURS = (BLUE, ORANGE, GREEN, "#8357a8", "#b8860b", "#2b9c9c")
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 26, 54, 48
_INK = "#1d2733"
Spot = tuple[float, float]


class Chart:
    """A frame; what is drawn later lies above what was drawn before."""

    def __init__(self, title: str, across: Axis, up: Axis) -> None:
        self._across, self._up = across, up
        self._keys = 0
        self._parts: list[Markup] = [
            element("rect", width=WIDTH, height=HEIGHT, fill="#ffffff"),
            _text(_LEFT, 18, title, font_weight="bold", font_size=13),
        ]
        right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
        for mark in up.marks:
            y = self._y(mark)
            self._parts.append(_line(_LEFT, y, right, y, stroke="#e3e7eb"))
            self._parts.append(_text(_LEFT - 7, y + 4, number(mark), text_anchor="end"))
        for mark in across.marks:
            x = self._x(mark)
            self._parts.append(_line(x, bottom, x, bottom + 4, stroke=_INK))
            self._parts.append(_text(x, bottom + 17, number(mark), text_anchor="middle"))
        middle = (_TOP + bottom) / 2
        self._parts += [
            _line(_LEFT, bottom, right, bottom, stroke=_INK),
            _line(_LEFT, _TOP, _LEFT, bottom, stroke=_INK),
            _text((_LEFT + right) / 2, HEIGHT - 10, _titled(across), text_anchor="middle"),
            _text(15, middle, _titled(up), text_anchor="middle", transform=f"rotate(-90 15 {middle:.0f})"),
        ]

    def _x(self, value: float) -> float:
        return _LEFT + self._across.share(value) * (WIDTH - _RIGHT - _LEFT)

    def _y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - self._up.share(value) * (HEIGHT - _BOTTOM - _TOP)

    def band(self, low: float, high: float, title: str) -> None:
        """A part of the axis across, over the whole height."""
        left, right = self._x(low), self._x(high)
        self._parts.append(
            element(
                "rect",
                element("title", title),
                x=f"{left:.1f}",
                y=_TOP,
                width=f"{right - left:.1f}",
                height=HEIGHT - _BOTTOM - _TOP,
                fill="#fbe9c6",
                class_="band",
            )
        )

    def level(self, value: float, title: str) -> None:
        """A line over the whole width at a height."""
        y = self._y(value)
        self._parts.append(
            element(
                "line",
                element("title", title),
                x1=_LEFT,
                y1=f"{y:.1f}",
                x2=WIDTH - _RIGHT,
                y2=f"{y:.1f}",
                stroke=RED,
                stroke_dasharray="6 4",
                class_="level",
            )
        )

    def line(self, spots: Sequence[Spot], colour: str, *, steps: str = "") -> None:
        """A line from spot to spot; steps: "across" moves across first, "up" changes the height first."""
        corners: list[Spot] = []
        for spot in spots:
            if corners and steps:
                corners.append((spot[0], corners[-1][1]) if steps == "across" else (corners[-1][0], spot[1]))
            corners.append(spot)
        points = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in corners)
        self._parts.append(
            element("polyline", points=points, fill="none", stroke=colour, stroke_width="1.8", class_="line")
        )

    def spot(self, spot: Spot, colour: str, title: str, *, sort: str, full: bool = True, size: float = 4.5) -> None:
        """A point.

        Args:
            spot: where; colour; title: shown when the mouse rests on it; sort: a word for what it is.
            full: or a ring; size: its radius.
        """
        self._parts.append(
            element(
                "circle",
                element("title", title),
                cx=f"{self._x(spot[0]):.1f}",
                cy=f"{self._y(spot[1]):.1f}",
                r=size,
                fill=colour if full else "#ffffff",
                stroke=colour,
                stroke_width="1.6",
                class_=sort,
            )
        )

    def chosen(self, spot: Spot) -> None:
        """A ring around a point."""
        where = {"cx": f"{self._x(spot[0]):.1f}", "cy": f"{self._y(spot[1]):.1f}"}
        self._parts.append(
            element(
                "circle",
                **where,
                r=9,
                fill="none",
                stroke=RED,
                stroke_width="2",
                class_="chosen",
                pointer_events="none",
            )
        )

    def key(self, text: str, colour: str, *, mark: str = "full") -> None:
        """An entry of the legend above the frame, from left to right. mark: full, ring, line, level or band."""
        x, y = _LEFT + self._keys, 36
        self._keys += 34 + int(6.8 * len(text))
        if mark in ("line", "level"):
            dashes = "6 4" if mark == "level" else None
            drawn = _line(x - 6, y, x + 8, y, stroke=colour, stroke_width="2", stroke_dasharray=dashes)
        elif mark == "band":
            drawn = element("rect", x=x - 6, y=y - 6, width=14, height=12, fill="#fbe9c6")
        else:
            radius = 6 if mark == "ring" else 4.5
            filled = colour if mark == "full" else "#ffffff"
            drawn = element("circle", cx=x, cy=y, r=radius, fill=filled, stroke=colour, stroke_width="1.8")
        self._parts += [drawn, _text(x + 12, y + 4, text)]

    def svg(self) -> Markup:
        """The picture."""
        return element(
            "svg",
            *self._parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {WIDTH} {HEIGHT}",
            width=WIDTH,
            height=HEIGHT,
            font_family="sans-serif",
            font_size="11.5",
            class_="chart",
            role="img",
        )


def _titled(one: Axis) -> str:
    return f"{one.title} (logarithmic)" if one.log else one.title


def _line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> Markup:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return element("line", **{name: f"{value:.1f}" for name, value in ends.items()}, **attributes)


def _text(x: float, y: float, text: str, **attributes: object) -> Markup:
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", **{"fill": _INK, **attributes})
