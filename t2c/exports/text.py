"""The constants of a package as text and raw memory images: one folder a format, one folder in it a layer."""

from __future__ import annotations

import json
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.golden.graph.graph import Graph
from t2c.golden.rom.tensors import constant_tensors, tensor_roms
from t2c.golden.rom.text import RomFormat

INDEX_FILE = "index.json"
INDEX_FORMAT = "torch2chip-text"

FORMATS = {fmt.value: fmt for fmt in RomFormat} | {"decimal": RomFormat.DEC}
"""Names that a user may give; `decimal` is `dec` in full."""


def write_text(graph: Graph, folder: Path, fmt: RomFormat, *, lanes: int = 1) -> tuple[int, int]:
    """Write `<layer>/<constant>.<format>` with its manifest for every constant, each re-read, and an index.

    Args:
        graph: the network; folder: an empty one; lanes: weights per memory word.

    Returns:
        Number of images and of integers in them.

    Raises:
        PackageError: an image does not re-read to the same integers.
        RangeError: lanes outside its range.
    """
    images: list[str] = []
    count = 0
    for node in graph.nodes:
        constants = constant_tensors(node, lanes=lanes)
        if constants:
            (folder / node.name).mkdir()
            tensor_roms(node, folder / node.name, lanes, [fmt])
            images += [f"{node.name}/{constant.name}.{fmt.value}" for constant in constants]
            count += sum(constant.values.size for constant in constants)
    record = {"format": INDEX_FORMAT, "version": 1, "model": graph.name, "images": images}
    write_atomic(folder / INDEX_FILE, json.dumps(record, indent=1) + "\n")
    return len(images), count
