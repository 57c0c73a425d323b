"""A window that slides over an image: lines in a memory, the columns of the window in registers, padding put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from t2c.golden.arithmetic.window import Window
from t2c.pipelines.chain import ChainEdge
from t2c.pipelines.handshake import WalkHandshake
from t2c.pipelines.module import Lane, PipelineModule, module_text
from t2c.pipelines.value import literal, span

SHORT = 4
"""Lines of so many pixels are registers."""


def needs_window(window: Window) -> bool:
    """Whether it is more than each pixel by itself."""
    return window.taps > 1 or window.stride != (1, 1) or any(map(any, window.pads))


def window_module(
    name: str, window: Window, edge: ChainEdge, lanes: Sequence[Lane], wanted: Sequence[bool], padding: int
) -> tuple[PipelineModule, dict[tuple[int, int, int], Lane]]:
    """The module, and where each tap lies in what it gives.

    It walks over the padded image, a position a cycle, and takes a pixel where one lies. What nothing reads but a bench
    has its lines in registers, so that a synthesis takes them away.

    Args:
        edge: before it; lanes: its channels.
        wanted: channels that any output has to do with; padding: what lies outside the image.
    """
    kept = [
        number for number, lane in enumerate(lanes) if wanted[number] and _bounds(lane, window, padding) is not None
    ]
    groups = [[number for number in kept if lanes[number].live is live] for live in (True, False)]
    place = _Place(window, edge)
    counts: Counter[str] = Counter(register_bits=place.bits + 1)
    body = place.control()
    taps: dict[tuple[int, int, int], Lane] = {}
    parts: list[str] = []
    at = 0
    for letter, group in zip("ab", groups, strict=True):
        if not group:
            continue
        shape = {number: _bounds(lanes[number], window, padding) for number in group}
        held = {number: Lane(0, *bounds) for number, bounds in shape.items() if bounds}
        pixel = sum(lane.width for lane in held.values())
        body += _lines(letter, pixel, place, [lanes[number] for number in group], list(held.values()), padding)
        if letter == "a":
            counts["register_bits"] += pixel * place.reach[0] * place.reach[1]
            counts["line_bits"] += pixel * (place.reach[0] - 1) * place.width
        for i in range(window.kernel[0]):
            for j in range(window.kernel[1]):
                column = (j * window.dilation[1] * place.reach[0] + i * window.dilation[0]) * pixel
                for number, lane in held.items():
                    taps[number, i, j] = Lane(at, lane.lo, lane.hi, lanes[number].live)
                    parts.append(f"window_{letter}[{column} +: {lane.width}]")
                    column += lane.width
                    at += lane.width
    for number, lane in enumerate(lanes):
        if wanted[number] and number not in kept:
            taps |= {(number, i, j): lane for i in range(window.kernel[0]) for j in range(window.kernel[1])}
    if not parts:
        parts, at = ["1'b0"], 1
    body.append(f"    assign out_data = {{{', '.join(reversed(parts))}}};")
    module = PipelineModule(
        name=name,
        text=module_text(name, f"windows of {edge.name}", edge.bits * edge.channels, at, body),
        out_bits=at,
        handshake=place.handshake(),
        counts=counts,
    )
    return module, taps


def _bounds(lane: Lane, window: Window, padding: int) -> tuple[int, int] | None:
    """What a tap holds; None if that is one number."""
    lo, hi = lane.lo, lane.hi
    if any(map(any, window.pads)):
        lo, hi = min(lo, padding), max(hi, padding)
    return None if lo == hi else (lo, hi)


class _Place:
    """Where the window is: sizes of the padded image, and the counters that walk over it."""

    def __init__(self, window: Window, edge: ChainEdge) -> None:
        self.edge, self.stride = edge, window.stride
        self.top, self.left = window.before
        reach = [d * (k - 1) + 1 for k, d in zip(window.kernel, window.dilation, strict=True)]
        self.reach = reach[0], reach[1]
        height, width = edge.size
        results = window.output_size(height, width)
        needed = [(n - 1) * s + r for n, s, r in zip(results, window.stride, self.reach, strict=True)]
        self.height, self.width = max(self.top + height, needed[0]), max(self.left + width, needed[1])
        self.row_bits, self.column_bits = (max((n - 1).bit_length(), 1) for n in (self.height, self.width))
        counted = [max(r - 1, s - 1) for r, s in zip(self.reach, self.stride, strict=True)]
        self.until_bits = [max(number.bit_length(), 1) for number in counted]

    @property
    def bits(self) -> int:
        """Of the counters."""
        return self.row_bits + self.column_bits + sum(self.until_bits)

    def _inside(self, row: int, column: int) -> bool:
        height, width = self.edge.size
        return self.top <= row < self.top + height and self.left <= column < self.left + width

    def handshake(self) -> WalkHandshake:
        """Each position of a walk."""
        places = [(row, column) for row in range(self.height) for column in range(self.width)]
        hits = (
            all(n >= r - 1 and (n - r + 1) % s == 0 for n, r, s in zip(place, self.reach, self.stride, strict=True))
            for place in places
        )
        return WalkHandshake(tuple(self._inside(*place) for place in places), tuple(hits))

    def control(self) -> list[str]:
        """Counters and handshake."""
        height, width = self.edge.size
        limits = [
            *([f"row >= {self.top}"] if self.top else []),
            *([f"row < {self.top + height}"] if self.top + height < self.height else []),
            *([f"column >= {self.left}"] if self.left else []),
            *([f"column < {self.left + width}"] if self.left + width < self.width else []),
        ]
        first = [r - 1 for r in self.reach]
        lines = [
            f"    reg  {span(self.row_bits)} row;",
            f"    reg  {span(self.column_bits)} column;",
            f"    reg  {span(self.until_bits[0])} until_row;  // rows and columns until the next window",
            f"    reg  {span(self.until_bits[1])} until_column;",
            "    reg  valid;",
            f"    wire on_image = {' & '.join(f'({limit})' for limit in limits) or '1' + chr(39) + 'b1'};",
            "    wire en = ~valid | out_ready;",
            "    wire move = en & (in_valid | ~on_image);",
            f"    wire last_column = column == {self.width - 1};",
            f"    wire last_row = row == {self.height - 1};",
            "    assign in_ready = en & on_image;",
            "    assign out_valid = valid;",
            "    always @(posedge clk) begin",
            "        if (en) valid <= move & (until_row == 0) & (until_column == 0);",
            "        if (move) begin",
            "            column <= last_column ? 0 : column + 1;",
            f"            until_column <= last_column ? {first[1]} : until_column == 0 ? {self.stride[1] - 1} : "
            "until_column - 1;",
            "            if (last_column) begin",
            "                row <= last_row ? 0 : row + 1;",
            f"                until_row <= last_row ? {first[0]} : until_row == 0 ? {self.stride[0] - 1} : "
            "until_row - 1;",
            "            end",
            "        end",
            "        if (rst) begin",
            "            valid <= 1'b0;",
            "            row <= 0;",
            "            column <= 0;",
            f"            until_row <= {first[0]};",
            f"            until_column <= {first[1]};",
            "        end",
            "    end",
        ]
        return lines


def _lines(
    letter: str, pixel: int, place: _Place, lanes: Sequence[Lane], held: Sequence[Lane], padding: int
) -> list[str]:
    """The lines above, the column that comes with a pixel, the registers of the window."""
    rows, columns = place.reach
    given = []
    for lane, wide in zip(lanes, held, strict=True):
        given.append(_widened(lane, wide))
    fill = ", ".join(literal(padding, wide.width) for wide in reversed(held))
    bits = ", ".join(reversed(given))
    body = [f"    wire {span(pixel)} pixel_{letter} = on_image ? {{{bits}}} : {{{fill}}};"]
    tall, above = pixel * rows, pixel * (rows - 1)
    if above:
        body += [f"    wire {span(above)} above_{letter};"]
        body += [f"    wire {span(tall)} column_{letter} = {{pixel_{letter}, above_{letter}}};"]
        newer = f"column_{letter}[{tall - 1}:{pixel}]"
        if letter == "a" and place.width > SHORT:
            body += [
                f"    reg  {span(above)} lines_{letter} [0:{place.width - 1}];",
                f"    assign above_{letter} = lines_{letter}[column];",
                f"    always @(posedge clk) if (move) lines_{letter}[column] <= {newer};",
            ]
        else:
            body += _shift(f"lines_{letter}", above, place.width, newer)
            body += [f"    assign above_{letter} = lines_{letter}[{above - 1}:0];"]
    else:
        body += [f"    wire {span(tall)} column_{letter} = pixel_{letter};"]
    return [*body, *_shift(f"window_{letter}", tall, columns, f"column_{letter}")]


def _shift(name: str, bits: int, depth: int, newest: str) -> list[str]:
    """Registers of so many words, the oldest the least significant, that take one with each step."""
    older = f"{{{newest}, {name}[{bits * depth - 1}:{bits}]}}" if depth > 1 else newest
    return [
        f"    reg  {span(bits * depth)} {name};",
        f"    always @(posedge clk) if (move) {name} <= {older};",
    ]


def _widened(lane: Lane, wide: Lane) -> str:
    """The bits of a lane of the transfer in, as wide as a tap."""
    if lane.lo == lane.hi:
        return literal(lane.lo, wide.width)
    more = wide.width - lane.width
    bits = f"in_data[{lane.at} +: {lane.width}]"
    if not more:
        return bits
    fill = f"{{{more}{{in_data[{lane.at + lane.width - 1}]}}}}" if lane.lo < 0 else literal(0, more)
    return f"{{{fill}, {bits}}}"
