"""The host's side of a program: its memory and its list of transfers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import activation_layout, transfer_layout, word_beats
from t2c.contract.operations import Operation
from t2c.core_model.host import MemoryHost
from t2c.core_model.stream_words import parse_words
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.rom.text import RomFormat, encode
from t2c.golden.rom.words import RomLayout
from t2c.mapping.program import Content, Program

OUT, PER_RUN = 1, 2
"""Flags of a transfer in tb/hdl/core_harness.v."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HostMemory:
    """Host memory and transfers.

    image: the memory's $readmemh text, from word 0; words: its length; transfers: (n, 3) flags, address, beats;
    output: (low, high) words of the program's output.
    """

    image: bytes
    words: int
    transfers: IntArray
    output: tuple[int, int]

    def for_model(self, run: int, program: Program) -> MemoryHost:
        """The same host for the model of the core, at the start of one run."""
        memory = parse_words(self.image.decode(), program.hardware.stream_w, "host memory")
        full = np.zeros((self.words, memory.shape[1]), dtype=np.uint8)
        full[: len(memory)] = memory
        base = run * program.input_words
        return MemoryHost(
            memory=full,
            transfers=[
                (bool(flags & OUT), address + (base if flags & PER_RUN else 0), beats)
                for flags, address, beats in self.transfers.tolist()
            ],
        )


def activation_lines(words: IntArray, hardware: Hardware) -> bytes:
    """$readmemh text of activation words (n, ROWS), raw."""
    raw = (words & ((1 << hardware.x_w) - 1)).astype(np.int64).reshape(-1)
    return encode(raw, activation_layout(hardware), RomFormat.HEX)


def _constant_lines(values: npt.NDArray[np.generic], layout: RomLayout, beats: int, width: int) -> list[str]:
    """Stream words of constants: each memory word cut into `beats` pieces of `width` bits, lowest first."""
    mask = (1 << width) - 1
    lines = encode(np.asarray(values).astype(np.int64).reshape(-1), layout, RomFormat.HEX).decode().split()
    return [f"{(int(line, 16) >> (beat * width)) & mask:x}" for line in lines for beat in range(beats)]


def host_of(program: Program, inputs: Sequence[Mapping[str, IntArray]]) -> HostMemory:
    """Lay out the host's memory: the inputs of every run, then tensors that visit the host, then constants.

    Args:
        program: the program.
        inputs: for each run, the input tensors (batch, *shape) by edge.
    """
    hardware = program.hardware
    pieces = [
        activation_lines(program.layouts[region.edge].to_words(run[region.edge]), hardware)
        for run in inputs
        for region in program.inputs
    ]
    tensor_base = len(inputs) * program.input_words
    tensor_words = sum(region.words for region in program.tensors)
    constant_base = tensor_base + tensor_words
    transfers: list[tuple[int, int, int]] = []
    constants: list[str] = []
    for step in program.steps:
        move = step.transfer
        if move is None:
            continue
        flags = OUT if step.op is Operation.STORE else 0
        address = move.address
        if move.content is Content.INPUT:
            flags |= PER_RUN
        elif move.content is Content.TENSOR:
            address += tensor_base
        else:
            assert move.words is not None
            address = constant_base + len(constants)
            layout = transfer_layout(step.op, hardware)
            constants += _constant_lines(move.words, layout, word_beats(step.op, hardware), hardware.stream_w)
        transfers.append((flags, address, move.beats))
    tail = "".join(f"{line}\n" for line in constants).encode()
    jump = f"@{constant_base:x}\n".encode() if constants else b""
    output = next(region for region in program.tensors if region.edge == program.output)
    low = tensor_base + output.address
    return HostMemory(
        image=b"".join(pieces) + jump + tail,
        words=constant_base + len(constants),
        transfers=np.array(transfers, dtype=np.int64),
        output=(low, low + output.words - 1),
    )
