"""The manifest of the folder, and a reader that needs nothing else."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2c.common.shown import shown
from t2c.golden.arithmetic.formats import IntTensor
from t2c.golden.errors import PackageError
from t2c.golden.graph.json_fields import Fields
from t2c.golden.json_file import read_json
from t2c.golden.rom.text import RomFormat, encode
from t2c.golden.rom.words import RomLayout
from t2c.rom_folder.image import read_words
from t2c.rom_folder.manifest_check import LAYOUT_KEYS, check_record

MANIFEST = "manifest.json"
FORMAT_NAME, FORMAT_VERSION = "torch2chip-roms", 1


def manifest_text(record: Mapping[str, Any]) -> str:
    """JSON with a line an entry of each list and mapping on top."""
    parts = []
    for key, value in record.items():
        if isinstance(value, list) and value:
            body = ",\n".join(f"  {json.dumps(item)}" for item in value)
            text = f"[\n{body}\n ]"
        elif isinstance(value, dict) and value:
            body = ",\n".join(f"  {json.dumps(name)}: {json.dumps(item)}" for name, item in value.items())
            text = f"{{\n{body}\n }}"
        else:
            text = json.dumps(value)
        parts.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


@dataclass(frozen=True, kw_only=True, eq=False)
class RomFolder:
    """A folder that `make roms` wrote. path: where; record: the manifest."""

    path: Path
    record: Mapping[str, Any]

    @classmethod
    def open(cls, path: Path) -> RomFolder:
        """Read the manifest.

        Raises:
            PackageError: no such file, no JSON, another format or version, or a field that is missing or cannot be.
        """
        manifest = path / MANIFEST
        if not manifest.is_file():
            raise PackageError(f"{manifest}: the manifest is missing")
        record = read_json(manifest)
        fields = Fields(record, str(manifest))
        kind, version = fields.take("format"), fields.take("version")
        if (kind, version) != (FORMAT_NAME, FORMAT_VERSION):
            raise PackageError(f"{manifest}: format {shown(kind)} version {shown(version)} is not supported")
        check_record(record, str(manifest))
        return cls(path=path, record=record)

    @classmethod
    def is_one(cls, path: Path) -> bool:
        """Whether a folder has such a manifest, of whatever version."""
        try:
            return bool(read_json(path / MANIFEST)["format"] == FORMAT_NAME)
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def check(self) -> None:
        """Compare every file with the manifest, and the manifest with the folder.

        Raises:
            PackageError: a file that is missing, changed, or not in the manifest.
        """
        there = {p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file()} - {MANIFEST}
        for name in sorted(there ^ set(self.record["files"])):
            raise PackageError(f"{self.path / name}: {'not in the manifest' if name in there else 'is missing'}")
        for name, entry in self.record["files"].items():
            same = (self.path / name).stat().st_size == entry["bytes"]
            if same:
                with (self.path / name).open("rb") as stream:
                    same = hashlib.file_digest(stream, "sha256").hexdigest() == entry["sha256"]
            if not same:
                raise PackageError(f"{self.path / name}: not the file that the manifest names")

    def image(self, name: str) -> Mapping[str, Any]:
        """The manifest's entry of an image.

        Raises:
            KeyError: no such image; the message lists them.
        """
        found = {image["name"]: image for image in self.record["images"]}
        if name not in found:
            raise KeyError(f"image {name!r} is not one of {', '.join(found)}")
        return dict(found[name])

    def values(self, name: str, fmt: RomFormat = RomFormat.HEX) -> IntTensor:
        """All elements of an image, in the order of the words: (count,) int64, or Python integers.

        Raises:
            KeyError: no such image, or not in this format; the message lists what there is.
            PackageError: a malformed file, or words with another CRC.
        """
        entry = self.image(name)
        layout = RomLayout(**{key: entry[key] for key in LAYOUT_KEYS})
        if fmt.value not in entry["files"]:
            raise KeyError(f"image {name!r} is not there as {fmt.value}, but as {', '.join(entry['files'])}")
        values = read_words(self.path / entry["files"][fmt.value], layout, fmt, entry["count"])
        found = f"{zlib.crc32(encode(values, layout, RomFormat.BIN)):08x}"
        if found != entry["crc32"]:
            raise PackageError(f"{entry['files'][fmt.value]}: CRC-32 {found}, the manifest says {entry['crc32']!a}")
        return values

    def tensor(self, layer: str, constant: str, fmt: RomFormat = RomFormat.HEX) -> IntTensor:
        """A constant of a layer in its own shape, such as ("conv1", "weight").

        Raises:
            KeyError: no such constant.
        """
        for image in self.record["images"]:
            for part in image.get("parts", ()):
                if (part["layer"], image["fields"][0]["name"]) == (layer, constant):
                    first = part["first"] * image["lanes"]
                    count = int(np.prod(part["shape"], dtype=np.int64))
                    return self.values(image["name"], fmt)[first : first + count].reshape(part["shape"])
        raise KeyError(f"layer {layer!r} has no {constant}")
