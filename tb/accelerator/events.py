"""What a harness wrote while it ran, by run and port."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from t2c.tb.accelerator.bits import Bits, from_binary, from_hex

_WORDS = {"D": True, "B": False}
_READS = {"R": True, "S": False}
_WRITES = {"W": True, "V": False}


@dataclass(kw_only=True)
class PortEvents:
    """Of one port in one run; texts as the simulator wrote them, True: hexadecimal, False: binary.

    words: (cycle, known, text); reads: (cycle, address, known, text); writes: (cycle, address, known, text, strobe);
    outside: (cycle, read or write, address); broken: (cycle, sentence).
    """

    words: list[tuple[int, bool, str]] = field(default_factory=list)
    reads: list[tuple[int, int, bool, str]] = field(default_factory=list)
    writes: list[tuple[int, int, bool, str, int]] = field(default_factory=list)
    outside: list[tuple[int, str, int]] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """A wait without end. state, step: of the harness, by number; idle: cycles in which no port moved anything;
    refused: it is no wait, a register answered with an error; ports: the last state of each, a line."""

    run: int
    cycle: int
    state: int
    step: int
    idle: int
    refused: bool
    ports: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A rule of a port that does not hold. rule: which, of which port."""

    run: int
    cycle: int
    text: str
    rule: str


@dataclass(frozen=True, kw_only=True)
class Events:
    """A whole simulation. ports: by (number of the run from 1, port); spans: run -> first and last cycle; ended: the
    harness ended it, not the module or the simulator."""

    ports: dict[tuple[int, str], PortEvents]
    broken: tuple[Broken, ...]
    spans: dict[int, tuple[int, int]]
    stuck: Stuck | None
    ended: bool
    cycles: int


def read_events(path: Path) -> Events:
    """Read a log; one that breaks off in a line counts without that line.

    Run and cycle of a word are hexadecimal: as decimal numbers they take a simulator longer than all else in the line.
    """
    ports: dict[tuple[int, str], PortEvents] = defaultdict(PortEvents)
    broken: list[Broken] = []
    spans: dict[int, tuple[int, int]] = {}
    stuck: Stuck | None = None
    ended, cycles, states = False, 0, list[str]()
    log = path.read_text(errors="replace") if path.is_file() else ""
    for line in log[: log.rfind("\n") + 1].splitlines():
        kind, *rest = line.split(" ")
        if kind in _WORDS:
            port, run, cycle, word = rest
            ports[int(run, 16), port].words.append((int(cycle, 16), _WORDS[kind], word))
        elif kind in _WRITES:
            port, run, cycle, at, word, strobe = rest
            ports[int(run, 16), port].writes.append((int(cycle, 16), int(at, 16), _WRITES[kind], word, int(strobe, 16)))
        elif kind in _READS:
            port, run, cycle, at, word = rest
            ports[int(run, 16), port].reads.append((int(cycle, 16), int(at, 16), _READS[kind], word))
        elif kind == "A":
            port, run, cycle, way, at = rest
            where = f"0x{int(at, 16):x}" if set(at) <= set("0123456789abcdef") else f"unknown (0x{at})"
            text = f"port {port}: {way} outside the memory, address {where}"
            broken.append(Broken(run=int(run), cycle=int(cycle), text=text, rule=f"{port} {way}"))
        elif kind in ("X", "F", "C", "P"):
            port, run, cycle, *what = rest
            text = f"port {port}: {_sentence(kind, what)}"
            broken.append(Broken(run=int(run), cycle=int(cycle), text=text, rule=f"{port} {kind}"))
        elif kind == "go":
            spans[int(rest[0])] = (int(rest[1]), int(rest[1]))
        elif kind in ("done", "abort"):
            number, last = int(rest[0]), int(rest[1])
            spans[number] = (spans.get(number, (last, last))[0], last)
        elif kind == "stuck":
            number, cycles, state, step, idle, refused = map(int, rest)
            stuck = Stuck(run=number, cycle=cycles, state=state, step=step, idle=idle, refused=bool(refused), ports=())
        elif kind == "state":
            states.append(" ".join(rest))
        elif kind == "end":
            ended, cycles = True, int(rest[0])
    if stuck:
        stuck = replace(stuck, ports=tuple(states))
    return Events(ports=dict(ports), broken=tuple(broken), spans=spans, stuck=stuck, ended=ended, cycles=cycles)


def _sentence(kind: str, what: Sequence[str]) -> str:
    if kind == "X":
        return f"unknown while it counts: {' '.join(what).replace(',', ', ')}"
    if kind == "F":
        return "valid fell before ready took the word"
    if kind == "C":
        return f"payload changed while it waited for ready: 0x{what[0]} became 0x{what[1]}"
    return " ".join(what).replace("_", " ")


def word_bits(words: Sequence[tuple[bool, str]], width: int) -> Bits:
    """(words, width) of texts, known ones hexadecimal, others binary."""
    bits = from_hex([text if known else "0" for known, text in words], width)
    for row, (known, text) in enumerate(words):
        if not known:
            bits[row] = from_binary(text)[:width]
    return bits


def memory_bits(
    events: PortEvents, first: int, count: int, width: int, lanes: int, per_byte: bool
) -> tuple[Bits, np.ndarray]:
    """What writes left in some words: bits ((count, width), NEVER where nothing was written) and the cycle of each.

    lanes: strobes of a word; per_byte: addresses count bytes, a word of the result is one, and a write holds `lanes`.
    """
    bits: Bits = np.full((count, width), NEVER, np.uint8)
    cycles = np.zeros(count, np.int64)
    wide = width * lanes if per_byte else width
    inside = [
        write for write in events.writes if write[1] < first + count and write[1] + (lanes if per_byte else 1) > first
    ]
    held = word_bits([(known, text) for _, _, known, text, _ in inside], wide)
    for (cycle, at, _, _, strobe), word in zip(inside, held, strict=True):
        for lane in range(lanes):
            if not strobe >> lane & 1:
                continue
            if per_byte:
                row = at + lane - first
                if 0 <= row < count:
                    bits[row], cycles[row] = word[8 * lane : 8 * lane + 8], cycle
            else:
                part = width // lanes
                bits[at - first, part * lane : part * lane + part] = word[part * lane : part * lane + part]
                cycles[at - first] = cycle
    return bits, cycles


NEVER = 4
"""A bit of a memory that nothing was written to."""
