"""Stimulus and expected words: what goes into and comes out of the core, beat by beat, for some of the samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.contract.field_kinds import ADDRESS_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.memory_layouts import activation_layout, transfer_layout, word_beats
from t2c.contract.operations import Operation
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.rom.words import RomLayout, pack_bytes
from t2c.mapping.program import Content, Program, Step
from t2c.rom_folder.image import Field, Image
from t2c.rom_folder.program_text import content_of
from t2c.tb.cosim.expectation import Trace, trace_of, trace_values

FOLDER = "vectors"
Bits = npt.NDArray[np.uint8]
"""(words, bits) of 0 and 1, the most significant bit first."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Vectors:
    """images: input, output and results; layers: name, first and words of each layer's results in one run;
    activation_words: words of the activation memory that a run touches."""

    images: tuple[Image, ...]
    layers: tuple[Mapping[str, Any], ...]
    activation_words: int


def vectors_of(program: Program, samples: IntArray) -> Vectors:
    """The words of one run after the other.

    Args:
        program: a whole network for a batch of one; samples: int (N, *input shape).
    """
    trace = trace_of(program)
    runs = [program.graph.run(sample[np.newaxis]) for sample in samples]
    return Vectors(
        images=(
            _stream_image(program, runs, "input"),
            _stream_image(program, runs, "output"),
            _results_image(program, runs, trace),
        ),
        layers=tuple(_layers(program, trace)),
        activation_words=max(
            int(trace.address.max()) + 1,
            *(
                s.descriptor.base + s.descriptor.words
                for s in program.steps
                if s.op in (Operation.LOAD, Operation.STORE)
            ),
        ),
    )


def _stream_image(program: Program, runs: list[dict[str, IntArray]], name: str) -> Image:
    """The beats of a stream: input `{tlast, tdata}`, output `{lanes, tlast, tdata}`."""
    hardware, output = program.hardware, name == "output"
    width = hardware.rows * hardware.x_w if output else hardware.stream_w
    pieces = []
    for tensors in runs:
        for step in program.steps:
            if step.transfer is None or (step.op is Operation.STORE) != output:
                continue
            data, lanes = _beats(program, step, tensors, width)
            last = np.zeros((len(data), 1), np.uint8)
            last[-1] = 1
            pieces.append(_nibbles(([lanes] if output else []) + [last, data]))
    widths = {"tdata": width, "tlast": 1} | ({"lanes": hardware.rows} if output else {})
    way = "m_axis; tdata counts in the banks whose bit is set in lanes" if output else "s_axis"
    return _image(name, f"beats of {way}, run after run", np.concatenate(pieces), widths)


def _beats(program: Program, step: Step, tensors: Mapping[str, IntArray], width: int) -> tuple[Bits, Bits]:
    """The data of a transfer's beats, and which banks of them hold a channel."""
    move, hardware = step.transfer, program.hardware
    assert move is not None
    if move.words is not None:
        beats, bits = word_beats(step.op, hardware), _bits(move.words, transfer_layout(step.op, hardware))
        data = _pad(bits, beats * width).reshape(len(bits), beats, width)[:, ::-1].reshape(-1, width)
        return data, np.ones((len(data), hardware.rows), np.uint8)
    edge = content_of(program, step)
    regions = program.inputs if move.content is Content.INPUT else program.tensors
    base = next(region.address for region in regions if region.edge == edge)
    here = slice(move.address - base, move.address - base + move.beats)
    words = program.layouts[edge].to_words(tensors[edge])[here]
    kept = program.layouts[edge].kept()[here, ::-1].astype(np.uint8)
    return _pad(_bits(_raw(words, hardware), activation_layout(hardware)), width), kept


def _results_image(program: Program, runs: list[dict[str, IntArray]], trace: Trace) -> Image:
    """Every result of the engine as it passes the trace port: `{lanes, banks, address, data}`."""
    hardware = program.hardware
    layout = RomLayout(bits=hardware.x_w, signed=False, lanes=hardware.cols)
    bank = np.arange(hardware.rows)[::-1] // hardware.cols
    banks = (bank == trace.group[:, np.newaxis]).astype(np.uint8)
    address = (trace.address[:, np.newaxis] >> np.arange(ADDRESS_BITS)[::-1] & 1).astype(np.uint8)
    lanes = trace.kept[:, ::-1].astype(np.uint8)
    pieces = []
    for tensors in runs:
        values = trace_values(program, trace, tensors)
        data = _bits(_raw(values, hardware), layout)
        pieces.append(_nibbles([lanes, banks, address, data]))
    widths = {"data": layout.word_bits, "address": ADDRESS_BITS, "banks": hardware.rows, "lanes": hardware.cols}
    about = "words of the trace port, run after run; data counts in the columns whose bit is set in lanes"
    return _image("results", about, np.concatenate(pieces), widths)


def _layers(program: Program, trace: Trace) -> list[Mapping[str, Any]]:
    """Where the results of each layer begin and end in the words of a run."""
    numbers = program.layer_number
    layer = np.array([numbers[step.result.edge] if step.result else 0 for step in program.steps])[trace.step]
    return [
        {
            "layer": program.layer_names[number],
            "first": int(np.flatnonzero(layer == number)[0]),
            "words": int((layer == number).sum()),
        }
        for number in dict.fromkeys(layer.tolist())
    ]


def _image(name: str, about: str, nibbles: Bits, widths: Mapping[str, int]) -> Image:
    """An image of hexadecimal digits; each field, the lowest first, takes whole digits."""
    fields, lsb = [], 0
    for field, bits in widths.items():
        fields.append(Field(name=field, lsb=lsb, bits=bits))
        lsb += -(-bits // 4) * 4
    return Image(
        name=f"{FOLDER}_{name}",
        stem=f"{FOLDER}/{name}",
        about=about,
        layout=RomLayout(bits=4, signed=False, lanes=nibbles.shape[1]),
        values=nibbles[:, ::-1].reshape(-1).astype(np.int64),
        fields=tuple(fields),
    )


def _raw(values: npt.NDArray[np.integer[Any]], hardware: Hardware) -> IntArray:
    return values.astype(np.int64) & ((1 << hardware.x_w) - 1)


def _bits(values: npt.NDArray[np.generic], layout: RomLayout) -> Bits:
    """Memory words as bits."""
    octets = pack_bytes(values.astype(np.int64).reshape(-1), layout)
    return np.unpackbits(octets, axis=1)[:, 8 * layout.word_bytes - layout.word_bits :]


def _pad(bits: Bits, width: int) -> Bits:
    """Zeros in front, up to a width."""
    return np.concatenate([np.zeros((len(bits), width - bits.shape[1]), np.uint8), bits], axis=1)


def _nibbles(fields: list[Bits]) -> Bits:
    """Hexadecimal digits of fields, the highest first, each padded to whole digits."""
    bits = np.concatenate([_pad(field, -(-field.shape[1] // 4) * 4) for field in fields], axis=1)
    return np.packbits(bits.reshape(len(bits), -1, 4), axis=2)[..., 0] >> np.uint8(4)
