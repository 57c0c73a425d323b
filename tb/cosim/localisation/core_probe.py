"""What tb/hdl/core_probe.v writes down, and around which pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from t2c.contract import pipeline
from t2c.contract.field_kinds import WORD_BITS
from t2c.contract.hardware import Hardware

APART = 128
"""Pixels that must lie between two windows, besides those that the pipeline holds: the probe takes one at a time."""


class Stage(IntEnum):
    """Where a pixel passes, in the order of the data; each marks it with a valid."""

    PIXEL = 0
    OPERANDS = 1
    COLUMN_SUM = 2
    COMPLETE_SUM = 3
    RESULT = 4


@dataclass(frozen=True, kw_only=True)
class PixelWindow:
    """Pixels first .. last of a RUN step's sequence, and weight tiles first_tile .. last_tile of its sequence of tiles.
    step: counted from 0 in the program, RUN steps only."""

    step: int
    first: int
    last: int
    first_tile: int
    last_tile: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One cycle of the engine. Values are unsigned; None where a bit is X.

    cycle: of the run; steady: the descriptor is that of the step's start; iy0, ix0, base: pixel sequencer; addresses,
    words, operands: one a row; psums: of the column, one a row, as they leave the processing elements; array: column
    sum; acc: accumulator; params: lane; out: result as it is written; before: the same before the table.
    """

    cycle: int
    steady: bool
    iy0: int | None
    ix0: int | None
    base: int | None
    addresses: tuple[int | None, ...]
    words: tuple[int | None, ...]
    operands: tuple[int | None, ...]
    psums: tuple[int | None, ...]
    array: int | None
    acc: int | None
    params: int | None
    out: int | None
    before: int | None


@dataclass(frozen=True, kw_only=True)
class Load:
    """One weight word as it enters the array, and what its array row was told. address: that tile_loader gave; weight:
    of the column, unsigned; row_set: the row that belongs to the word was set, and no other; valid: it has a tap; dy,
    dx, offset: of the tap."""

    cycle: int
    address: int | None
    weight: int | None
    row_set: int | None
    valid: int | None
    dy: int | None
    dx: int | None
    offset: int | None


@dataclass(frozen=True, kw_only=True)
class MoveSample:
    """One cycle of a MOVE. Values are unsigned; None where a bit is X.

    cycle: of the run; writes: whether it writes a weight row; address, weight: of that row, of the column; addresses,
    words: one a bank, as in `Sample`.
    """

    cycle: int
    writes: bool
    address: int | None
    weight: int | None
    addresses: tuple[int | None, ...]
    words: tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """What was written down. descriptors: (cycle, words) of each RUN step's start; loads: by step and number of the
    weight word; samples: by step and cycle of the run; passed: cycle by step, stage and number at that stage; starts,
    moves: descriptor, as `descriptors`, and cycles of the MOVE before a RUN step, by that step."""

    descriptors: dict[int, tuple[int, tuple[int | None, ...]]]
    loads: dict[tuple[int, int], Load]
    samples: dict[tuple[int, int], Sample]
    passed: dict[tuple[int, Stage, int], int]
    starts: dict[int, tuple[int, tuple[int | None, ...]]]
    moves: dict[int, list[MoveSample]]


def merged(windows: Iterable[PixelWindow], hardware: Hardware) -> list[PixelWindow]:
    """Join windows that the probe could not tell apart; it takes them in order and one at a time."""
    gap, result = pipeline.RESULT.of(hardware) + APART, list[PixelWindow]()
    for window in sorted(windows, key=lambda w: (w.step, w.first)):
        if result and result[-1].step == window.step and window.first <= result[-1].last + gap:
            before = result.pop()
            window = replace(
                before,
                last=max(before.last, window.last),
                first_tile=min(before.first_tile, window.first_tile),
                last_tile=max(before.last_tile, window.last_tile),
            )
        result.append(window)
    return result


def write_windows(windows: Iterable[PixelWindow], path: Path, hardware: Hardware) -> int:
    """Write the probe's list as $readmemh text and return the number of entries."""
    joined = merged(windows, hardware)
    lines = (f"{w.step:x}\n{w.first:x}\n{w.last:x}\n{w.first_tile:x}\n{w.last_tile:x}\n" for w in joined)
    path.write_text("".join(lines))
    return len(joined)


def _lanes(bits: str, width: int, lanes: int) -> tuple[int | None, ...]:
    """Cut a binary word into lanes, lane 0 lowest; None where a bit is x."""
    reverse = bits[::-1]
    return tuple(_number(reverse[lane * width : (lane + 1) * width][::-1]) for lane in range(lanes))


def _number(bits: str) -> int | None:
    return None if set(bits) - {"0", "1"} else int(bits, 2)


def read_probe(path: Path, hardware: Hardware) -> Probe:
    """Read a probe file; one that is not there holds nothing."""
    probe = Probe(descriptors={}, loads={}, samples={}, passed={}, starts={}, moves={})
    readers = {"D": _descriptor, "W": _load, "C": _cycle, "E": _start, "M": _move}
    for line in path.read_text().splitlines() if path.is_file() else ():
        kind, *fields = line.split()
        readers[kind](probe, fields, hardware)
    return probe


def _descriptor(probe: Probe, fields: list[str], hardware: Hardware) -> None:
    probe.descriptors[int(fields[0], 16)] = _begin(fields)


def _start(probe: Probe, fields: list[str], hardware: Hardware) -> None:
    probe.starts[int(fields[0], 16)] = _begin(fields)


def _begin(fields: list[str]) -> tuple[int, tuple[int | None, ...]]:
    digits = WORD_BITS // 4
    text = fields[2][::-1]
    words = [text[low : low + digits][::-1] for low in range(0, len(text), digits)]
    numbers = tuple(int(word, 16) if not set(word) & set("xXzZ") else None for word in words)
    return int(fields[1], 16), numbers


def _move(probe: Probe, fields: list[str], hardware: Hardware) -> None:
    sample = MoveSample(
        cycle=int(fields[1], 16),
        writes=fields[2] == "1",
        address=_number(fields[3]),
        weight=_number(fields[4]),
        addresses=_lanes(fields[5], hardware.act_addr_w, hardware.rows),
        words=_lanes(fields[6], hardware.x_w, hardware.rows),
    )
    probe.moves.setdefault(int(fields[0], 16), []).append(sample)


def _load(probe: Probe, fields: list[str], hardware: Hardware) -> None:
    step, cycle, number = (int(field, 16) for field in fields[:3])
    address, weight, row_set, valid, dy, dx, offset = map(_number, fields[3:])
    load = Load(cycle=cycle, address=address, weight=weight, row_set=row_set, valid=valid, dy=dy, dx=dx, offset=offset)
    probe.loads[(step, number)] = load


def _cycle(probe: Probe, fields: list[str], hardware: Hardware) -> None:
    step, cycle, *numbers = (int(field, 16) if not set(field) & set("xX") else -1 for field in fields[:7])
    valids, rows = fields[7][::-1], hardware.rows
    for stage in Stage:
        if valids[stage] == "1":
            probe.passed[(step, stage, numbers[stage])] = cycle
    iy0, ix0, base = map(_number, fields[9:12])
    array, acc, params, out, before = map(_number, fields[16:21])
    sample = Sample(
        cycle=cycle,
        steady=fields[8] == "1",
        iy0=iy0,
        ix0=ix0,
        base=base,
        addresses=_lanes(fields[12], hardware.act_addr_w, rows),
        words=_lanes(fields[13], hardware.x_w, rows),
        operands=_lanes(fields[14], hardware.x_w + 1, rows),
        psums=_lanes(fields[15], hardware.psum_w, hardware.tile_words),
        array=array,
        acc=acc,
        params=params,
        out=out,
        before=before,
    )
    probe.samples[(step, cycle)] = sample
