"""The kill rates as a picture: a bar a unit, in the order of the table."""

from __future__ import annotations

import re
from collections.abc import Sequence

PICTURE = "kill_rate.svg"
_ROW = re.compile(r"\| \[(\w+)\]\([^)]*\) \| (\d+) \| (\d+) \| (\d+) % \| .* \| (\d*) \| (\d+) \| (\d+) \| \d* \|$")
_BAR, _LEFT, _LINE = 360, 150, 18
_STYLE = "font-family: sans-serif; font-size: 12px"


def kill_picture(rows: Sequence[str]) -> str:
    """SVG of the rows of the table in mutation.md: what became of the mutants, as parts of a bar."""
    height = _LINE * (len(rows) + 2)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _BAR + 130}" height="{height}" style="{_STYLE}">',
        f'<rect width="{_LEFT + _BAR + 130}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="13">killed</text><rect x="{_LEFT + 40}" y="4" width="10" height="10" fill="#3a7d44"/>',
        f'<text x="{_LEFT + 70}" y="13">equivalent</text>'
        f'<rect x="{_LEFT + 135}" y="4" width="10" height="10" fill="#9db4c0"/>',
        f'<text x="{_LEFT + 165}" y="13">argued</text>'
        f'<rect x="{_LEFT + 210}" y="4" width="10" height="10" fill="#e0c879"/>',
        f'<text x="{_LEFT + 240}" y="13">unexplained</text>'
        f'<rect x="{_LEFT + 313}" y="4" width="10" height="10" fill="#c0392b"/>',
    ]
    for number, row in enumerate(rows, 1):
        found = _ROW.match(row)
        if not found:
            raise ValueError(f"no row of the table: {row}")
        name, total, killed, percent, equal, argued, unexplained = found.groups()
        y, x = _LINE * number + 6, float(_LEFT)
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 10}" text-anchor="end">{name}</text>')
        for count, colour in (
            (killed, "#3a7d44"), (equal or "0", "#9db4c0"), (argued, "#e0c879"), (unexplained, "#c0392b")
        ):  # fmt: skip
            width = _BAR * int(count) / int(total)
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="12" fill="{colour}"/>')
            x += width
        parts.append(f'<text x="{_LEFT + _BAR + 8}" y="{y + 10}">{percent} % of {int(total) - int(equal or 0)}</text>')
    return "\n".join([*parts, "</svg>", ""])
