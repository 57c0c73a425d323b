"""Tensors and constants of a package as files for benches elsewhere, each in a layout of the user's choice."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.common.staging import staging_folder, swap_in
from t2c.exports.c_builder import A_LINE, constant_type, identifier, number
from t2c.exports.c_model import prefix_of
from t2c.exports.compare import require_equal
from t2c.golden.arithmetic.formats import IntArray
from t2c.golden.errors import PackageError, RangeError
from t2c.golden.graph.package import Package
from t2c.golden.json_file import read_json
from t2c.golden.rom.text import RomFormat, decode, encode
from t2c.golden.rom.words import RomLayout
from t2c.golden.target.constants import chip_constants
from t2c.layouts.element_map import ElementMap
from t2c.layouts.packed import PackedLayout
from t2c.layouts.pattern import LayoutError, Pattern

INDEX, INDEX_FORMAT = "index.json", "torch2chip-vectors"
FORMATS = ("npz", "hex", "c")
ZERO_POINT = "zero_point"
CONSTANTS = "constants"


@dataclass(frozen=True, kw_only=True)
class VectorRequest:
    """What is written, and how.

    first, images: of the package's samples; names: patterns of names, as of a shell; layouts: (pattern of names,
    layout) in order, the last that matches counts, an empty pattern is every tensor of an image; formats: of `FORMATS`;
    lane_order: as in `PackedLayout`; padding: an integer or `ZERO_POINT`; element_bits: of every element, at least its
    own, None for its own.
    """

    first: int = 0
    images: int = 1
    names: tuple[str, ...] = ("*",)
    layouts: tuple[tuple[str, str], ...] = ()
    formats: tuple[str, ...] = FORMATS
    lane_order: str = "lsb_first"
    padding: int | str = 0
    element_bits: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class VectorFiles:
    """A tensor of each image, or a constant.

    name: the edge, or node.constant; stem: a file name and a name in C; values: (images, *shape), of a constant (1,
    *shape); constant: whether it is one; layout: the pattern, "" for C order; packed: the words; facts: for the index.
    """

    name: str
    stem: str
    values: IntArray
    constant: bool
    layout: str
    packed: PackedLayout
    facts: Mapping[str, Any]

    @cached_property
    def words(self) -> IntArray:
        """(images, words, lanes)."""
        return np.stack([self.packed.elements.to_words(value, self.packed.padding) for value in self.values])

    def files(self, first: int) -> list[str]:
        """Of each image, without ending."""
        if self.constant:
            return [f"{CONSTANTS}/{self.stem}"]
        return [f"image_{first + k}/{self.stem}" for k in range(len(self.values))]


def vectors_of(package: Package, request: VectorRequest) -> list[VectorFiles]:
    """The tensors and constants that a request names.

    Raises:
        RangeError: images that the package does not have, a name that nothing has, bits or a padding that do not fit.
        LayoutError: a layout that does not fit; both name the tensor.
    """
    count = len(package.samples)
    if not 0 <= request.first < request.first + request.images <= count:
        last = request.first + request.images - 1
        raise RangeError(f"images {request.first}..{last} are not among the package's 0..{count - 1}")
    samples = package.samples[request.first : request.first + request.images]
    found, stems = [], set[str]()
    for name, values, constant, own, facts in _all(package, samples):
        if any(fnmatchcase(name, pattern) for pattern in request.names):
            layout = _layout_of(name, constant, request)
            try:
                packed = _packed(values.shape[1:], own, layout, facts.get("zero_point", 0), request)
            except (LayoutError, RangeError) as error:
                raise type(error)(f"{'constant' if constant else 'tensor'} {name!r}: {error}") from None
            stem = identifier(name, stems, "")
            found.append(
                VectorFiles(
                    name=name, stem=stem, values=values, constant=constant, layout=layout, packed=packed, facts=facts
                )
            )
    known = [name for name, *_ in _all(package, samples[:0])]
    for pattern in (*request.names, *(pattern for pattern, _ in request.layouts if pattern)):
        if not any(fnmatchcase(name, pattern) for name in known):
            raise RangeError(f"{pattern!r} names no tensor and no constant; there are {', '.join(known)}")
    return found


def _all(package: Package, samples: IntArray) -> Iterable[tuple[str, IntArray, bool, RomLayout, dict[str, Any]]]:
    """Name, values, whether it is a constant, own format, facts; without samples the names alone count."""
    graph = package.graph
    run = graph.run(samples) if len(samples) else {}
    for name in (graph.input, *(node.output for node in graph.nodes)):
        edge = graph.edges[name]
        values = run.get(name, np.zeros((0, *edge.shape), np.int64))
        yield (
            name,
            values,
            False,
            RomLayout(bits=edge.bits, signed=edge.signed),
            {"zero_point": edge.zero_point, "scale": edge.scale},
        )
    for node in graph.nodes:
        for constant in chip_constants(node):
            own = RomLayout(bits=constant.storage.bits, signed=constant.storage.signed)
            facts = {"axes": constant.storage.axes}
            yield f"{node.name}.{constant.name}", np.asarray(constant.values)[np.newaxis], True, own, facts


def _layout_of(name: str, constant: bool, request: VectorRequest) -> str:
    """The last layout that is for a name; "" for C order."""
    fitting = [
        layout for pattern, layout in request.layouts if (fnmatchcase(name, pattern) if pattern else not constant)
    ]
    return fitting[-1] if fitting else ""


def _packed(
    shape: tuple[int, ...], own: RomLayout, layout: str, zero_point: int, request: VectorRequest
) -> PackedLayout:
    bits = request.element_bits or own.bits
    if bits < own.bits:
        raise RangeError(f"its elements have {own.bits} bits, {bits} do not hold them")
    elements = ElementMap.of(Pattern.parse(layout), shape) if layout else ElementMap.in_order(shape)
    padding = zero_point if request.padding == ZERO_POINT else int(request.padding)
    return PackedLayout(
        elements,
        bits=bits,
        signed=own.signed,
        lane_order=request.lane_order,
        padding=padding if elements.padded else 0,
    )


def write_vectors(package: Package, request: VectorRequest, out: Path) -> list[VectorFiles]:
    """Write the files, read each back and compare; the folder appears whole or not at all.

    Raises:
        RangeError, LayoutError: as `vectors_of`; PackageError: something else is in the way.
        ExportError: a file does not hold what was written.
    """
    vectors = vectors_of(package, request)
    if out.exists() and not _is_ours(out):
        raise PackageError(f"{out}: exists and is not a folder of vectors; not overwritten")
    with staging_folder(out) as folder:
        files: list[str] = []
        for fmt in request.formats:
            files += _WRITERS[fmt](package, vectors, request, folder)
        record = {
            "format": INDEX_FORMAT,
            "version": 1,
            "model": package.name,
            "first_image": request.first,
            "images": request.images,
            "files": sorted(files),
            "vectors": [_record(vector, request.first) for vector in vectors],
        }
        (folder / INDEX).write_text(json.dumps(record, indent=1) + "\n")
        swap_in(folder, out)
    return vectors


def _is_ours(out: Path) -> bool:
    try:
        return bool(read_json(out / INDEX)["format"] == INDEX_FORMAT)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _record(vector: VectorFiles, first: int) -> dict[str, Any]:
    packed, elements = vector.packed, vector.packed.elements
    return {
        "name": vector.name,
        "stem": vector.stem,
        "kind": "constant" if vector.constant else "tensor",
        "shape": list(elements.shape),
        "bits": packed.bits,
        "signed": packed.signed,
        **vector.facts,
        "layout": vector.layout,
        "words": elements.words,
        "lanes": elements.lanes,
        "word_bits": packed.form.word_bits,
        "lane_order": packed.lane_order,
        "padding": packed.padding,
        "images": vector.files(first),
    }


def _hex(package: Package, vectors: Sequence[VectorFiles], request: VectorRequest, folder: Path) -> list[str]:
    """A file for each image of each tensor, a word a line, for $readmemh."""
    files = []
    for vector in vectors:
        form, elements = vector.packed.form, vector.packed.elements
        for file, lanes, values in zip(vector.files(request.first), vector.words, vector.values, strict=True):
            path = folder / f"{file}.hex"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(encode(lanes.reshape(-1), form, RomFormat.HEX))
            read = decode(path.read_bytes(), form, RomFormat.HEX, elements.slots.size, str(path))
            tensor = elements.from_words(read.reshape(elements.slots.shape), vector.packed.padding)
            require_equal(f"{file}.hex", tensor, values)
            files.append(f"{file}.hex")
    return files


def _npz(package: Package, vectors: Sequence[VectorFiles], request: VectorRequest, folder: Path) -> list[str]:
    """tensors.npz: by name, (images, *shape) and of constants (*shape); words.npz: by stem, (.., words, lanes)."""
    plain = {v.name: v.values[0] if v.constant else v.values for v in vectors}
    words = {v.stem: v.words[0] if v.constant else v.words for v in vectors}
    for file, arrays in (("tensors.npz", plain), ("words.npz", words)):
        (folder / file).write_bytes(_npz_bytes(arrays))
        with np.load(folder / file) as read:
            for name, values in arrays.items():
                require_equal(f"{file}: {name!r}", read[name], values)
    return ["tensors.npz", "words.npz"]


def _npz_bytes(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            payload = io.BytesIO()
            np.lib.format.write_array(payload, np.ascontiguousarray(values), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), payload.getvalue(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _c(package: Package, vectors: Sequence[VectorFiles], request: VectorRequest, folder: Path) -> list[str]:
    """vectors.h: a static array of lanes for each, [images][words][lanes]."""
    prefix = prefix_of(package.name)
    lines = [
        f"/* vectors.h: tensors of {prefix}, written by t2c vectors; index.json says what each is. */",
        f"#ifndef T2C_{prefix}_VECTORS_H",
        f"#define T2C_{prefix}_VECTORS_H",
        "#include <stdint.h>",
        f"#define {prefix}_IMAGES {request.images}",
    ]
    for vector in vectors:
        words = vector.words
        elements = vector.packed.elements
        images = "" if vector.constant else f"[{prefix}_IMAGES]"
        name = f"{prefix}_v_{vector.stem}"
        lines += [
            f"#define {prefix}_WORDS_{vector.stem} {elements.words}",
            f"#define {prefix}_LANES_{vector.stem} {elements.lanes}",
            f"static const {constant_type(words)} {name}{images}[{elements.words}][{elements.lanes}] = {{",
        ]
        for image in words:
            rows = ["{" + ", ".join(number(value) for value in row) + "}" for row in image.tolist()]
            step = max(1, A_LINE // elements.lanes)
            body = [", ".join(rows[k : k + step]) for k in range(0, len(rows), step)]
            text = ",\n    ".join(body)
            lines.append(f"    {text}" if vector.constant else f"  {{\n    {text}\n  }},")
        lines.append("};")
    lines.append("#endif")
    (folder / "vectors.h").write_text("\n".join(lines) + "\n")
    return ["vectors.h"]


_WRITERS: dict[str, Callable[[Package, Sequence[VectorFiles], VectorRequest, Path], list[str]]] = {
    "npz": _npz,
    "hex": _hex,
    "c": _c,
}
