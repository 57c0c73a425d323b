"""The engine's memory images: weights, parameters, descriptors and activations as $readmemh text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from golden.formats import IntArray
from golden.rom import RomLayout
from golden.rom_image import write_image
from mapping.descriptor import WORD_BITS, Descriptor
from mapping.hardware import Hardware
from mapping.layer import LayerProgram


def weight_layout(hardware: Hardware) -> RomLayout:
    """COLS signed weights of W_W bits a word, column 0 lowest."""
    return RomLayout(bits=hardware.w_w, signed=True, lanes=hardware.cols)


def parameter_layout(hardware: Hardware) -> RomLayout:
    """COLS lanes {shift, bias, multiplier} a word, column 0 lowest."""
    return RomLayout(bits=hardware.param_w, signed=False, lanes=hardware.cols)


def activation_layout(hardware: Hardware) -> RomLayout:
    """ROWS raw activations of X_W bits a word, bank 0 lowest."""
    return RomLayout(bits=hardware.x_w, signed=False, lanes=hardware.rows)


def write_constants(program: LayerProgram, folder: Path) -> dict[str, Path]:
    """Write weights.hex and params.hex of a layer and return them by plusarg name.

    The words are what rtl/layer_engine.v reads: see `mapping.tiles.tile_weights` and `mapping.layer.LayerProgram`.
    """
    files = {"weights": folder / "weights.hex", "params": folder / "params.hex"}
    write_image(files["weights"], program.weights, weight_layout(program.hardware), "hex")
    write_image(files["params"], program.params, parameter_layout(program.hardware), "hex")
    return files


def write_descriptors(descriptors: Sequence[Descriptor], path: Path) -> None:
    """Write descriptors one after the other, one 32-bit word a line."""
    words = np.array([word for descriptor in descriptors for word in descriptor.words()], dtype=np.int64)
    write_image(path, words, RomLayout(bits=WORD_BITS, signed=False), "hex")


def write_activations(program: LayerProgram, images: IntArray, path: Path) -> int:
    """Write the activation words of some images and return how many words there are.

    Args:
        program: the layer.
        images: (N, C, H, W) or (N, C), in the source edge's format.
        path: the file.
    """
    words = program.activation_words(images) & ((1 << program.hardware.x_w) - 1)
    write_image(path, words, activation_layout(program.hardware), "hex")
    return len(words)
