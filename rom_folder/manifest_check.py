"""Types and ranges of a manifest, checked before anything is read that it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from t2c.common.shown import shown
from t2c.golden.errors import PackageError
from t2c.golden.graph.json_fields import Fields
from t2c.golden.rom.words import RomLayout

LAYOUT_KEYS = ("bits", "signed", "lanes", "lane_order", "endianness")


def check_record(record: Mapping[str, Any], place: str) -> None:
    """Check what a reader of a folder relies on; the rest of a manifest is for loaders and people.

    Args:
        record: the manifest.
        place: what a message calls it.

    Raises:
        PackageError: a field that is missing, of another type or out of range; the message names image and field.
    """
    fields = Fields(record, place)
    files = fields.object("files").rest()
    for name, entry in files.items():
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\0" in name:
            raise PackageError(f"{place}: file {shown(name)} leads out of the folder")
        file = Fields(entry, f"{place}: file {shown(name)}")
        file.text("sha256")
        file.integer("bytes")
    names = [_check_image(data, f"{place}: image {index}", files) for index, data in enumerate(fields.items("images"))]
    if len(set(names)) < len(names):
        raise PackageError(f"{place}: two images have one name")


def _check_image(data: object, place: str, files: Mapping[str, Any]) -> str:
    fields = Fields(data, place)
    name = fields.text("name")
    fields.place = f"{place} {shown(name)}"
    with fields.naming():
        layout = RomLayout(
            bits=fields.integer("bits"),
            signed=fields.boolean("signed"),
            lanes=fields.integer("lanes"),
            lane_order=fields.text("lane_order"),
            endianness=fields.text("endianness"),
        )
    words, count = fields.integer("words"), fields.integer("count")
    if count < 0 or words != layout.words(count) or fields.integer("word_bits") != layout.word_bits:
        raise PackageError(f"{fields.place}: bits, lanes, word_bits, words and count do not go together")
    fields.text("crc32")
    images = fields.object("files")
    for fmt, file in images.rest().items():
        if not isinstance(file, str) or file not in files:
            raise PackageError(f"{images.place}: {shown(fmt)}: {shown(file)} is none of the files")
    parts = fields.items("fields")
    for part in parts:
        Fields(part, f"{fields.place}: fields").text("name")
    for part in fields.optional_items("parts"):
        of = Fields(part, f"{fields.place}: parts")
        of.text("layer")
        if not parts or of.integer("first") < 0 or any(size < 0 for size in of.integers("shape")):
            raise PackageError(f"{of.place}: a part without a place or a name")
    return name
