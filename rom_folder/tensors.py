"""The constants of all layers, one image for each kind and width: weights of 4 bits, biases of 40 bits and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.graph.graph import Graph
from t2c.golden.rom.tensors import ConstantTensor, constant_tensors
from t2c.rom_folder.image import Field, Image

FOLDER = "tensors"


def tensor_images(graph: Graph, lanes: int) -> tuple[Image, ...]:
    """One image for each kind and width of constant, the layers in network order, each from a word of its own on.

    Args:
        graph: the network; lanes: weights a memory word.

    Raises:
        RangeError: lanes outside its range.
    """
    kinds: dict[str, list[tuple[str, ConstantTensor]]] = {}
    for node in graph.nodes:
        for tensor in constant_tensors(node, lanes=lanes):
            sign = "s" if tensor.layout.signed else "u"
            kinds.setdefault(f"{tensor.name}_{sign}{tensor.layout.bits}", []).append((node.name, tensor))
    return tuple(_image(kind, tensors) for kind, tensors in kinds.items())


def _image(kind: str, tensors: list[tuple[str, ConstantTensor]]) -> Image:
    name, layout = tensors[0][1].name, tensors[0][1].layout
    pieces: list[IntArray] = []
    parts: list[Mapping[str, Any]] = []
    first = 0
    for layer, tensor in tensors:
        flat = tensor.values.reshape(-1)
        words = layout.words(flat.size)
        pieces.append(np.concatenate([flat, np.zeros(words * layout.lanes - flat.size, np.int64)]))
        parts.append(
            {"layer": layer, "first": first, "words": words, "shape": list(tensor.values.shape), "axes": tensor.axes}
        )
        first += words
    return Image(
        name=f"{FOLDER}_{kind}",
        stem=f"{FOLDER}/{kind}",
        about=f"{name} of every layer that has one, in C order",
        layout=layout,
        values=np.concatenate(pieces),
        fields=(
            Field(name=name, lsb=0, bits=layout.bits, signed=layout.signed, count=layout.lanes, stride=layout.bits),
        ),
        parts=tuple(parts),
    )
