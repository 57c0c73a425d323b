"""The files that a harness reads: words of every stream, accesses to every RAM, contents of every memory."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from t2c.tb.accelerator.axi_port import Axi4Port
from t2c.tb.accelerator.bits import Bits, bits_of, hex_lines, records
from t2c.tb.accelerator.description import AcceleratorDescription
from t2c.tb.accelerator.harness import RUNS
from t2c.tb.accelerator.port import DoorPort
from t2c.tb.accelerator.port_words import StreamWords, check_addresses
from t2c.tb.accelerator.ram_port import MemoryPort, RamPort
from t2c.tb.accelerator.stream_port import StreamPort
from t2c.tb.accelerator.tensors import TensorBook
from t2c.tb.accelerator.transfer import PlacedTensor

WRITE, END, READ = range(3)
"""Kinds of the records that door_source and door_ram read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BoundAccelerator:
    """A description whose tensors are known and in their places, for some runs."""

    description: AcceleratorDescription
    runs: int
    loads: Mapping[str, tuple[PlacedTensor, ...]]
    outs: Mapping[str, tuple[PlacedTensor, ...]]
    streams: Mapping[str, StreamWords]

    @classmethod
    def bind(cls, description: AcceleratorDescription, book: TensorBook | None, runs: int) -> BoundAccelerator:
        """Find every tensor and lay it out.

        Raises:
            YamlError: what does not fit, with its line.
        """
        loads = _by_port([entry.bind(book) for entry in description.loads])
        outs = _by_port([entry.bind(book) for entry in description.outs])
        streams = {}
        for name, port in description.ports.items():
            if isinstance(port, StreamPort):
                streams[name] = StreamWords(port, (loads if port.loads else outs).get(name, ()))
            elif port.addressed and port.memory == name:
                for placed in (loads.get(name, ()), outs.get(name, ())):
                    for run in range(math.lcm(*(len(entry.ats) for entry in placed))):
                        check_addresses(port, placed, run)
        return cls(description=description, runs=runs, loads=loads, outs=outs, streams=streams)


def _by_port(placed: Sequence[PlacedTensor]) -> dict[str, tuple[PlacedTensor, ...]]:
    found: dict[str, tuple[PlacedTensor, ...]] = {}
    for entry in placed:
        name = entry.transfer.port.memory
        found[name] = (*found.get(name, ()), entry)
    return found


def write_run_files(bound: BoundAccelerator, plan: Sequence[tuple[int, int]], folder: Path) -> None:
    """Write them all.

    Args:
        bound: the accelerator.
        plan: (run, cycle of its reset) in order.
        folder: of the simulation.
    """
    ports = bound.description.ports
    sinks = [port for port in ports.values() if isinstance(port, StreamPort) and port.gives]
    wanted = " ".join(str(bound.streams[port.name].words) for port in sinks)
    (folder / RUNS).write_text("".join(f"{reset} {run} {wanted}\n" for run, reset in plan))
    for port in ports.values():
        if isinstance(port, StreamPort) and port.loads:
            _write_stream(bound.streams[port.name], plan, folder)
        elif isinstance(port, RamPort):
            _write_ram(bound, port, plan, folder)
        elif isinstance(port, (MemoryPort, Axi4Port)):
            _write_memory(bound, port, plan, folder)


def _fresh(plan: Sequence[tuple[int, int]]) -> list[bool]:
    """Which runs are the first, or the first after a reset."""
    return [True, *(reset != 0 for _, reset in plan[:-1])]


def _write_stream(stream: StreamWords, plan: Sequence[tuple[int, int]], folder: Path) -> None:
    end = records(END, np.zeros((1, stream.port.width), np.uint8))
    with (folder / f"{stream.port.name}.in").open("wb") as out:
        for (run, _), fresh in zip(plan, _fresh(plan), strict=True):
            words, _ = stream.lay(run, fresh=fresh)
            out.write(records(WRITE, words) + end)


def _write_ram(bound: BoundAccelerator, port: RamPort, plan: Sequence[tuple[int, int]], folder: Path) -> None:
    def accesses(kind: int, placed: PlacedTensor, run: int, words: Bits) -> bytes:
        return records(kind, bits_of(placed.at(run) + np.arange(len(words)), port.addr_w), words)

    empty = np.zeros((1, port.width), np.uint8)
    end = records(END, np.zeros((1, port.addr_w), np.uint8), empty)
    with (folder / f"{port.name}.in").open("wb") as out:
        for (run, _), fresh in zip(plan, _fresh(plan), strict=True):
            for placed in bound.loads.get(port.name, ()):
                if fresh or not placed.transfer.once:
                    out.write(accesses(WRITE, placed, run, placed.lay(run)[0]))
            out.write(end)
            for placed in bound.outs.get(port.name, ()):
                out.write(accesses(READ, placed, run, np.repeat(empty, placed.words, axis=0)))
            out.write(end)


def _write_memory(bound: BoundAccelerator, port: DoorPort, plan: Sequence[tuple[int, int]], folder: Path) -> None:
    for number, (run, _) in enumerate(plan, 1):
        lines: list[str] = []
        if isinstance(port, Axi4Port):
            lines = _axi_lines(port, bound.loads.get(port.memory, ()), run)
        else:
            for placed in bound.loads.get(port.memory, ()):
                words, _ = placed.lay(run)
                lines += [f"@{placed.at(run):x}", *hex_lines(words)]
        (folder / f"{port.name}_{number}.hex").write_text("\n".join(lines or ["// nothing"]) + "\n")


def _axi_lines(port: Axi4Port, loads: Sequence[PlacedTensor], run: int) -> list[str]:
    """Bytes as words of the bus; bytes of such a word that no tensor has are 0."""
    lanes = port.width // 8
    touched = np.zeros(port.bytes // lanes, bool)
    held: Bits = np.zeros((port.bytes, 8) if loads else (0, 8), np.uint8)
    for placed in loads:
        words, _ = placed.lay(run)
        first = placed.at(run) - port.base
        held[first : first + len(words)] = words
        touched[first // lanes : (first + len(words) - 1) // lanes + 1] = True
    at, before, lines = np.flatnonzero(touched).tolist(), -2, list[str]()
    for word, line in zip(at, hex_lines(held.reshape(-1, lanes * 8)[touched[: len(held) // lanes]]), strict=False):
        lines += [line] if word == before + 1 else [f"@{word:x}", line]
        before = word
    return lines
