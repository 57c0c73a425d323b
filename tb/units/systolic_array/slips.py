"""Which slip in an array's description makes its wrong sums: each is tried, exactly, on all that came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from t2c.tb.catalogue.interface import FIRST_FIRST, LAST_FIRST, LSB_FIRST, MSB_FIRST
from t2c.tb.units.systolic_array.observed import Observed, OtherArray, explained
from t2c.tb.units.systolic_array.style import COLUMNS, OUTSIDE, ROWS, TILE, TILE_BY_COLUMNS, ArrayStyle

FEWEST = 8
"""Wrong sums that an explanation must give, to the bit."""
MOST = 4
"""Things that may differ at once."""
SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a description says of an array. style, weight_rows, lane_order: its fields; a_w, w_w: bits; latency: from a
    vector to its sums as they were taken; stated: as it says; counted: they are taken by counting cycles."""

    style: ArrayStyle
    weight_rows: str
    lane_order: dict[str, str]
    a_w: int
    w_w: int
    latency: int
    stated: int | None
    counted: bool


def slip_lines(observed: Sequence[Observed], described: Described) -> list[str]:
    """Lines that name what the description should say, if that gives every sum that came; none if nothing does.

    Args:
        observed: every tile of the tests so far.
        described: what was said.
    """
    wrong = sum(int(found.wrong.sum()) for found in observed)
    if wrong < FEWEST:
        return []
    widths = described.a_w, described.w_w
    hardest = max(observed, key=lambda found: int(found.wrong.sum()))
    lines: list[str] = []
    for _, others in _by_cost(hardest, described):
        for other in others:
            if explained(hardest, other, *widths) is None:
                continue
            parts = [explained(found, other, *widths) for found in observed]
            known = [part for part in parts if part is not None]
            count = sum(part[1] for part in known)
            if len(known) == len(parts) and count >= FEWEST:
                lines.append(_line(other, described, count, wrong))
        if lines:
            break
    return lines[:SHOWN]


def _by_cost(found: Observed, described: Described) -> list[tuple[int, list[OtherArray]]]:
    others = sorted(_others(found, described), key=lambda other: other.cost)
    costs = sorted({other.cost for other in others})
    return [(cost, [other for other in others if other.cost == cost]) for cost in costs if 0 < cost <= MOST]


def _others(found: Observed, described: Described) -> Iterator[OtherArray]:
    """Every array that an array of this shape may be taken for."""
    rows, cols = found.weights.shape
    style, both, no = described.style, (False, True), (False,)
    a_skews = (0, -1 if "a_data" in style.skew else 1)
    sum_skews = (0, 1 if "psum_data" in style.skew else -1) if cols > 1 else (0,)
    for a_late, sums_late in product(a_skews, sum_skews):
        skewed = a_late or sums_late
        turns = product(
            both if a_late else no,  # without a skew only the rows of one against those of the other matter
            both,
            both if cols > 1 else no,
            both if sums_late else no,
            both if rows == cols else no,
            (None, "a_data" in style.unsigned),
            (None, "w_data" in style.unsigned),
        )
        for lanes, row, column, sums, transposed, a_signed, w_signed in turns:
            for later in range(-rows - cols, rows + cols + 1) if skewed else (0,):
                yield OtherArray(
                    lanes_turned=lanes,
                    rows_turned=row,
                    columns_turned=column,
                    sums_turned=sums,
                    transposed=transposed,
                    a_late=a_late,
                    sums_late=sums_late,
                    later=later,
                    a_signed=a_signed,
                    w_signed=w_signed,
                )


def _line(other: OtherArray, described: Described, count: int, wrong: int) -> str:
    what, say = [], []
    for texts in (_skew(other, described), _weights(other, described), _signs(other, described)):
        what += texts[0]
        say += texts[1]
    share = f"all {wrong:,} wrong sums" if count == wrong else f"each of {count:,} wrong sums that this foretells"
    fields = ", ".join(f"`{text}`" for text in say)
    return f"results are those of {' and of '.join(what)}: say {fields}{_or(other, described)} ({share}, to the bit)"


def _or(other: OtherArray, described: Described) -> str:
    """What gives the same sums: with rows the other way round, activations that are; with columns, sums that are."""
    same = {OtherArray(rows_turned=True): "a_data", OtherArray(columns_turned=True): "psum_data"}
    return f" or `lane_order: {_turned(described, {same[other]})}`" if other in same else ""


Texts = tuple[list[str], list[str]]
"""What the results are those of, and what to say."""


def _skew(other: OtherArray, described: Described) -> Texts:
    if not (other.a_late or other.sums_late):
        return [], []
    skew = set(described.style.skew)
    what = []
    if other.a_late:
        skew ^= {"a_data"}
        inside = "an array that skews its activations itself"
        what.append("an array whose activations are skewed outside" if other.a_late > 0 else inside)
    if other.sums_late:
        skew ^= {"psum_data"}
        what.append("an array whose sums come skewed" if other.sums_late < 0 else "an array whose sums come together")
    say = [f"skew: {_skew_value(skew)}"]
    latency = described.latency - other.later
    if other.later and latency != described.stated:
        say += [] if described.counted else ["handshake: fixed_latency"]
        say.append(f"latency: {latency}")
    return what, say


def _skew_value(ports: set[str]) -> str:
    if not ports:
        return "inside"
    if ports == {"a_data", "psum_data"}:
        return OUTSIDE
    return f"{{{', '.join(f'{port}: {OUTSIDE}' for port in sorted(ports))}}}"


def _weights(other: OtherArray, described: Described) -> Texts:
    what, say, turned = [], [], set()
    kind = described.style.weight_words
    if other.transposed:
        what.append("transposed weights")
        kind = {ROWS: COLUMNS, COLUMNS: ROWS, TILE: TILE_BY_COLUMNS, TILE_BY_COLUMNS: TILE}[kind]
        say.append(f"weight_words: {kind}")
    words_are_rows = kind in (ROWS, TILE)
    last_first = False
    for name, holds, is_word in (
        ("row", other.rows_turned, words_are_rows),
        ("column", other.columns_turned, not words_are_rows),
    ):
        if holds:
            what.append(f"weights in reversed {name} order")
            last_first ^= is_word or kind in (TILE, TILE_BY_COLUMNS)
            if not is_word:
                turned.add("w_data")
    if last_first:
        say.append(f"weight_rows: {FIRST_FIRST if described.weight_rows == LAST_FIRST else LAST_FIRST}")
    if other.lanes_turned:
        what.append("activations in reversed lane order")
        turned.add("a_data")
    if other.sums_turned:
        what.append("sums in reversed lane order")
        turned.add("psum_data")
    if turned:
        say.append(f"lane_order: {_turned(described, turned)}")
    return what, say


def _turned(described: Described, ports: set[str]) -> str:
    """The lane order in which those ports have the other one."""
    order = {port: described.lane_order.get(port, LSB_FIRST) for port in ("w_data", "a_data", "psum_data")}
    order |= {port: LSB_FIRST if order[port] == MSB_FIRST else MSB_FIRST for port in ports}
    if len(set(order.values())) == 1:
        return next(iter(order.values()))
    return f"{{{', '.join(f'{port}: {MSB_FIRST}' for port, value in order.items() if value == MSB_FIRST)}}}"


def _signs(other: OtherArray, described: Described) -> Texts:
    what, unsigned = [], set(described.style.unsigned)
    for port, signed, name in (("a_data", other.a_signed, "activations"), ("w_data", other.w_signed, "weights")):
        if signed is not None:
            what.append(f"{'signed' if signed else 'unsigned'} {name}")
            unsigned ^= {port}
    if not what:
        return [], []
    return what, [f"unsigned: [{', '.join(sorted(unsigned))}]"]
