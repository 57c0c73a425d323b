"""ROM image files with a manifest beside them, from which they re-read to the same integers and shape."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from t2c.common.atomic import write_atomic
from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.errors import PackageError, RangeError, ShapeError
from t2c.golden.json_file import read_json
from t2c.golden.rom.text import RomFormat, decode, encode
from t2c.golden.rom.words import RomLayout, as_elements

FORMAT_NAME, FORMAT_VERSION = "torch2chip-rom", 1


@dataclass(frozen=True, kw_only=True)
class RomManifest:
    """What a ROM image file holds.

    image: file name, relative to the manifest; fmt: file format; layout: packing;
    shape: the tensor's shape; axes: one letter an axis in storage order, slowest first, such as OIHW.

    Raises:
        RangeError: an unknown format, a negative extent, or a path in place of a file name.
        ShapeError: axes does not name each axis of the shape once.
    """

    image: str
    fmt: RomFormat
    layout: RomLayout
    shape: tuple[int, ...]
    axes: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "fmt", RomFormat.parse(self.fmt))
        object.__setattr__(self, "shape", tuple(self.shape))
        if not self.image or Path(self.image).name != self.image:
            raise RangeError(f"image = {shown(self.image)} is not a plain file name")
        if any(isinstance(n, bool) or not isinstance(n, int) or n < 0 for n in self.shape):
            raise RangeError(f"shape = {self.shape} has an extent that is not an integer of at least 0")
        if len(self.axes) != len(self.shape) or len(set(self.axes)) != len(self.axes):
            raise ShapeError(f"axes = {shown(self.axes)} does not name each axis of shape {self.shape} once")

    @property
    def count(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))


def write_image(path: str | os.PathLike[str], values: npt.ArrayLike, layout: RomLayout, fmt: str) -> None:
    """Write the elements, in C order, as a ROM image.

    Args:
        path: the file; values: int, any shape; layout: packing; fmt: hex, memb, bin, dec, coe or mif.

    Raises:
        RangeError: an unknown format, a float dtype or a value outside its width.
    """
    write_atomic(path, encode(as_elements(values, layout).reshape(-1), layout, RomFormat.parse(fmt)))


def read_image(path: str | os.PathLike[str], layout: RomLayout, fmt: str, count: int) -> IntTensor:
    """Read back the `count` elements of a ROM image: (count,) int64, or Python integers.

    Raises:
        PackageError: a malformed digit, a wrong number of words or set padding bits, with file and line.
        RangeError: an unknown format.
    """
    return decode(Path(path).read_bytes(), layout, RomFormat.parse(fmt), count, str(path))


def write_manifest(path: str | os.PathLike[str], manifest: RomManifest) -> None:
    """Write the manifest as JSON."""
    record = {
        "format": FORMAT_NAME,
        "version": FORMAT_VERSION,
        "image": manifest.image,
        "image_format": manifest.fmt.value,
        **asdict(manifest.layout),
        "word_bits": manifest.layout.word_bits,
        "words": manifest.layout.words(manifest.count),
        "count": manifest.count,
        "shape": list(manifest.shape),
        "axes": manifest.axes,
    }
    write_atomic(path, json.dumps(record, indent=2) + "\n")


def read_manifest(path: str | os.PathLike[str]) -> RomManifest:
    """Read a manifest.

    Raises:
        PackageError: not such a JSON file, a missing or wrong field, or derived fields that do not agree.
    """
    record = read_json(Path(path))
    try:
        if record["format"] != FORMAT_NAME or record["version"] != FORMAT_VERSION:
            raise PackageError(f"format {record['format']!r} version {record['version']!r} is not supported")
        layout = RomLayout(**{key: record[key] for key in ("bits", "signed", "lanes", "lane_order", "endianness")})
        manifest = RomManifest(
            image=record["image"],
            fmt=record["image_format"],
            layout=layout,
            shape=tuple(record["shape"]),
            axes=record["axes"],
        )
        derived = {"count": manifest.count, "word_bits": layout.word_bits, "words": layout.words(manifest.count)}
        for key, value in derived.items():
            if record[key] != value:
                raise PackageError(f"{key} = {record[key]!r} does not agree with the other fields, which give {value}")
    except KeyError as error:
        raise PackageError(f"{path}: field {error} is missing") from None
    except (ValueError, TypeError) as error:
        raise PackageError(f"{path}: {error}") from None
    return manifest


def save_rom(
    path: str | os.PathLike[str], values: npt.ArrayLike, layout: RomLayout, fmt: str, *, axes: str
) -> RomManifest:
    """Write an image and, beside it, its manifest PATH.json.

    Args:
        path: the image file; values: int, any shape; axes: its axis order, slowest first.

    Raises:
        RangeError, ShapeError: as `write_image` and `RomManifest`.
    """
    array, target = as_elements(values, layout), Path(path)
    manifest = RomManifest(image=target.name, fmt=RomFormat.parse(fmt), layout=layout, shape=array.shape, axes=axes)
    write_image(target, array, layout, fmt)
    write_manifest(f"{target}.json", manifest)
    return manifest


def load_rom(manifest_path: str | os.PathLike[str]) -> IntTensor:
    """Read the image that a manifest describes, in its original shape.

    Raises:
        PackageError: as `read_manifest` and `read_image`.
    """
    manifest = read_manifest(manifest_path)
    image = Path(manifest_path).parent / manifest.image
    return read_image(image, manifest.layout, manifest.fmt, manifest.count).reshape(manifest.shape)
