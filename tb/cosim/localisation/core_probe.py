"""What tb/hdl/core_probe.v writes down, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from t2c.contract import pipeline
from t2c.contract.hardware import Hardware


@dataclass(frozen=True, kw_only=True)
class CycleWindow:
    """Cycles first .. last after the start of a RUN step (counted from 0 in the program)."""

    step: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One cycle of the engine. Values are unsigned; None where a bit is X.

    cycle: of the run; px_valid, iy0, ix0, base: pixel sequencer; addresses, operands: one a row; psums: of the column,
    one a row, as they leave the processing elements; array: column sum; acc: accumulator; params: lane; out_valid, out:
    result.
    """

    cycle: int
    px_valid: int | None
    iy0: int | None
    ix0: int | None
    base: int | None
    addresses: tuple[int | None, ...]
    operands: tuple[int | None, ...]
    psums: tuple[int | None, ...]
    array: int | None
    acc: int | None
    params: int | None
    out_valid: int | None
    out: int | None


def window_of(step: int, pixel_cycle: int, hardware: Hardware) -> CycleWindow:
    """The cycles in which a pixel passes through the engine."""
    return CycleWindow(step=step, first=pixel_cycle, last=pixel_cycle + pipeline.RESULT.of(hardware))


def merged(windows: Iterable[CycleWindow]) -> list[CycleWindow]:
    """Join windows that overlap; the probe takes them in order and one at a time."""
    result: list[CycleWindow] = []
    for window in sorted(windows, key=lambda w: (w.step, w.first)):
        if result and result[-1].step == window.step and window.first <= result[-1].last + 1:
            joined = result.pop()
            window = CycleWindow(step=window.step, first=joined.first, last=max(joined.last, window.last))
        result.append(window)
    return result


def write_windows(windows: Iterable[CycleWindow], path: Path) -> int:
    """Write the probe's list as $readmemh text and return the number of entries."""
    joined = merged(windows)
    path.write_text("".join(f"{w.step:x}\n{w.first:x}\n{w.last:x}\n" for w in joined))
    return len(joined)


def _lanes(bits: str, width: int, lanes: int) -> tuple[int | None, ...]:
    """Cut a binary word into lanes, lane 0 lowest; None where a bit is x."""
    reverse = bits[::-1]
    pieces = (reverse[lane * width : (lane + 1) * width][::-1] for lane in range(lanes))
    return tuple(None if set(piece) - {"0", "1"} else int(piece, 2) for piece in pieces)


def read_probe(path: Path, hardware: Hardware) -> dict[tuple[int, int], Sample]:
    """Read a probe file: samples by (step, cycles after the step's start)."""
    address_w, rows = hardware.act_addr_w, hardware.rows
    samples = {}
    for line in path.read_text().splitlines():
        fields = line.split()
        step, offset, cycle = (int(field, 16) for field in fields[:3])
        (valid,), (iy0,), (ix0,), (base,) = (_lanes(text, len(text), 1) for text in fields[3:7])
        (array,), (acc,), (params,), (out_valid,), (out,) = (_lanes(text, len(text), 1) for text in fields[10:15])
        samples[step, offset] = Sample(
            cycle=cycle,
            px_valid=valid,
            iy0=iy0,
            ix0=ix0,
            base=base,
            addresses=_lanes(fields[7], address_w, rows),
            operands=_lanes(fields[8], hardware.x_w + 1, rows),
            psums=_lanes(fields[9], hardware.psum_w, rows),
            array=array,
            acc=acc,
            params=params,
            out_valid=out_valid,
            out=out,
        )
    return samples
