"""The host's side of a program: its memory and its list of transfers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import activation_layout, transfer_layout, word_beats
from t2c.contract.operations import Operation
from t2c.core_model.host import MemoryHost
from t2c.core_model.stream_words import StreamWords
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.rom.words import RomLayout, pack_bytes
from t2c.mapping.program import Content, Program

OUT, PER_RUN = 1, 2
"""Flags of a transfer in tb/hdl/core_harness.v."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HostMemory:
    """Host memory and transfers.

    image: the memory's first words; words: of the whole memory; transfers: (n, 3) flags, address, beats; output: (low,
    high) words of the program's output.
    """

    image: StreamWords
    words: int
    transfers: IntArray
    output: tuple[int, int]

    @property
    def tensors(self) -> int:
        """First word of the tensors that visit the host: they are beyond the image, and unknown at first."""
        return len(self.image)

    def list_octets(self) -> StreamWords:
        """Words of 32 bits: how many words host memory has, how many the list, then the list of transfers."""
        numbers = np.concatenate([[self.words, self.transfers.size], self.transfers.reshape(-1)])
        return pack_bytes(numbers, RomLayout(bits=32, signed=False))

    def for_model(self, run: int, program: Program) -> MemoryHost:
        """The same host for the model of the core, at the start of one run."""
        memory = np.zeros((self.words, self.image.shape[1]), dtype=np.uint8)
        memory[: len(self.image)] = self.image
        base = run * program.input_words
        return MemoryHost(
            memory=memory,
            transfers=[
                (bool(flags & OUT), address + (base if flags & PER_RUN else 0), beats)
                for flags, address, beats in self.transfers.tolist()
            ],
        )


def cut_words(values: npt.NDArray[Any], layout: RomLayout, hardware: Hardware, beats: int = 1) -> StreamWords:
    """Stream words of the memory words that elements make, each memory word cut into `beats`, the lowest bits first.

    Args:
        values: int, any shape, elements in C order; layout: of a memory word; beats: of a memory word.
    """
    octets = pack_bytes(values.reshape(-1), layout)
    bits = np.unpackbits(octets[:, ::-1], axis=1, bitorder="little")[:, : layout.word_bits]
    bits = np.pad(bits, ((0, 0), (0, beats * hardware.stream_w - layout.word_bits)))
    cut = np.packbits(bits.reshape(-1, hardware.stream_w), axis=1, bitorder="little")
    return np.ascontiguousarray(cut[:, ::-1])


def host_of(program: Program, inputs: Sequence[Mapping[str, IntArray]]) -> HostMemory:
    """Lay out the host's memory: the inputs of every run, then constants, then tensors that visit the host.

    Args:
        program: the program.
        inputs: for each run, the input tensors (batch, *shape) by edge.
    """
    hardware = program.hardware
    pieces = [activation_words(program, region.edge, run[region.edge]) for run in inputs for region in program.inputs]
    moves = [step.transfer for step in program.steps if step.transfer is not None]
    constant_base = len(inputs) * program.input_words
    tensor_base = constant_base + sum(move.beats for move in moves if move.words is not None)
    transfers: list[tuple[int, int, int]] = []
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
            address = constant_base
            constant_base += move.beats
            layout = transfer_layout(step.op, hardware)
            pieces.append(cut_words(move.words, layout, hardware, word_beats(step.op, hardware)))
        transfers.append((flags, address, move.beats))
    output = next(region for region in program.tensors if region.edge == program.output)
    low = tensor_base + output.address
    return HostMemory(
        image=np.concatenate(pieces),
        words=tensor_base + sum(region.words for region in program.tensors),
        transfers=np.array(transfers, dtype=np.int64),
        output=(low, low + output.words - 1),
    )


def activation_words(program: Program, edge: str, values: IntArray) -> StreamWords:
    """Stream words of a tensor (batch, *shape)."""
    raw = program.layouts[edge].to_words(values) & ((1 << program.hardware.x_w) - 1)
    return cut_words(raw, activation_layout(program.hardware), program.hardware)
