"""How words of the core's memories are made of numbers, and how they travel on its streams."""

from __future__ import annotations

from t2c.contract.descriptor import Descriptor
from t2c.contract.field_kinds import TABLE_BITS, WORD_BITS
from t2c.contract.hardware import Hardware
from t2c.contract.operations import TRANSFERS, Operation
from t2c.golden.rom.words import RomLayout

PROGRAM_LAYOUT = RomLayout(bits=WORD_BITS, signed=False)
"""A word of the program memory: one field of a descriptor."""


def activation_layout(hardware: Hardware) -> RomLayout:
    """ROWS raw activations of X_W bits a word, bank 0 lowest; `Layout` says which channel is where."""
    return RomLayout(bits=hardware.x_w, signed=False, lanes=hardware.rows)


def weight_layout(hardware: Hardware) -> RomLayout:
    """COLS codes of CODE_W bits a word, column 0 lowest: signed weights of W_W bits, where the elements multiply."""
    return RomLayout(bits=hardware.code_w, signed=True, lanes=hardware.cols)


def parameter_layout(hardware: Hardware) -> RomLayout:
    """COLS lanes {shift, bias, multiplier} a word, column 0 lowest; `parameter_lanes` packs a lane."""
    return RomLayout(bits=hardware.param_w, signed=False, lanes=hardware.cols)


def table_layout(hardware: Hardware) -> RomLayout:
    """One unsigned entry of TABLE_BITS a word; a result is in its lowest X_W bits."""
    return RomLayout(bits=TABLE_BITS, signed=False)


def transfer_layout(operation: Operation, hardware: Hardware) -> RomLayout:
    """The words that a transfer moves: of the memory that it names, else of the activations."""
    layouts = {
        Operation.WEIGHTS: weight_layout,
        Operation.PARAMS: parameter_layout,
        Operation.TABLES: table_layout,
    }
    return layouts.get(operation, activation_layout)(hardware)


def word_beats(operation: Operation, hardware: Hardware) -> int:
    """Stream words of one memory word that a transfer moves.

    An activation word or a weight row is one, in its lowest bits; a parameter word is cut into PAR_BEATS of STREAM_W
    bits, the lowest first, and so is an entry of a table where the stream is narrower.
    """
    return {Operation.PARAMS: hardware.param_beats, Operation.TABLES: hardware.table_beats}.get(operation, 1)


def step_beats(descriptor: Descriptor, hardware: Hardware) -> int:
    """Stream words that a step takes or gives; 0 for a step that moves none."""
    return descriptor.words * word_beats(descriptor.op, hardware) if descriptor.op in TRANSFERS else 0
