"""Write the whole folder, or nothing: every image re-read, every file in the manifest."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from t2c.common.errors import SettingError
from t2c.common.places import EXAMPLES
from t2c.common.staging import staging_folder, swap_in
from t2c.contract import pipeline
from t2c.contract.descriptor import FIELDS
from t2c.contract.element_rtl import HEADER, WRAPPER, header, wrapper
from t2c.contract.hardware import Hardware
from t2c.contract.schedule import step_cycles
from t2c.golden.errors import PackageError, RangeError, UnsupportedError
from t2c.golden.graph.package import Package
from t2c.golden.rom.text import RomFormat
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.program import Program
from t2c.rom_folder.core import FOLDER as CORE
from t2c.rom_folder.core import core_images
from t2c.rom_folder.depths import fitting_depths
from t2c.rom_folder.headers import (
    C_HEADER,
    VERILOG_HEADER,
    c_header,
    hardware_constants,
    run_constants,
    verilog_header,
)
from t2c.rom_folder.image import Image
from t2c.rom_folder.manifest import FORMAT_NAME, FORMAT_VERSION, MANIFEST, RomFolder, manifest_text
from t2c.rom_folder.program_text import listing, program_records, transfer_records
from t2c.rom_folder.tensors import tensor_images
from t2c.rom_folder.vectors import Vectors, vectors_of

LISTING = "core/program.txt"
LOADERS = EXAMPLES / "loaders"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to write.

    hardware: the core; formats: of tensors and core images, hex besides; lanes: weights a word of the tensor images;
    first_image, images: which samples give stimulus and expected words.
    """

    hardware: Hardware
    formats: tuple[RomFormat, ...] = (RomFormat.HEX,)
    lanes: int = 1
    first_image: int = 0
    images: int = 1


@dataclass(frozen=True, kw_only=True)
class Written:
    """images: by folder, how many; refused: why the core runs not this network, None if it does."""

    images: Mapping[str, int]
    files: int
    refused: str | None


def write_folder(package: Package, request: Request, out: Path) -> Written:
    """Write every image of a package, re-read each, and swap the folder in.

    Args:
        package: the model; request: what; out: the folder, which may be absent, empty, or written by this function.

    Raises:
        UnsupportedError: the depths are too small; the message says which would fit.
        RangeError: lanes outside its range.
        SettingError: images or first_image outside the package's samples.
        PackageError: an image does not re-read to the same integers, or out holds something else.
    """
    out = out.resolve()
    available = len(package.samples)
    for name, low, high in (("first_image", 0, available - 1), ("images", 1, available - request.first_image)):
        value = getattr(request, name)
        if not low <= value <= high:
            template = "{" + name + "} = {value} is outside {low}..{high}, the samples of {model}"
            values = {"value": value, "low": low, "high": high, "model": package.name}
            raise SettingError(template, values)
    refuse_foreign(out)
    tensors = tensor_images(package.graph, request.lanes)
    program, refused = _compile(package, request.hardware)
    with staging_folder(out) as folder:
        record: dict[str, Any] = {"format": FORMAT_NAME, "version": FORMAT_VERSION, "model": package.name}
        constants = hardware_constants(request.hardware)
        core: tuple[Image, ...] = ()
        vectors = None
        if program is not None:
            samples = package.samples[request.first_image : request.first_image + request.images]
            core, vectors = core_images(program), vectors_of(program, samples)
            by_name = {image.stem.partition("/")[2]: image for image in vectors.images}
            constants |= run_constants(by_name, request.images, run_cycles(program))
            record |= _core_record(program, vectors, package, request)
        else:
            record["core"] = {"refused": refused}
        formats = tuple(dict.fromkeys((RomFormat.HEX, *request.formats)))
        images = [(image, formats) for image in (*core, *tensors)]
        images += [(image, (RomFormat.HEX,)) for image in (vectors.images if vectors else ())]
        for image, kinds in images:
            for fmt in kinds:
                image.write(folder, fmt)
        every = [image for image, _ in images]
        texts = {
            VERILOG_HEADER: verilog_header(package.name, every, constants, request.hardware if program else None),
            C_HEADER: c_header(package.name, every, constants),
        } | ({LISTING: listing(program), **_element_texts(program.hardware)} if program else {})
        for name, text in texts.items():
            (folder / name).write_text(text)
        for loader in loaders(program is not None):
            shutil.copyfile(loader, folder / loader.name)
        record["images"] = [image.record(kinds) for image, kinds in images]
        record["files"] = file_records(folder)
        (folder / MANIFEST).write_text(manifest_text(record))
        _compare(RomFolder.open(folder), images)
        files = len(record["files"]) + 1
        swap_in(folder, out)
    counts: dict[str, int] = {}
    for image, kinds in images:
        place = image.stem.partition("/")[0]
        counts[place] = counts.get(place, 0) + len(kinds)
    return Written(images=counts, files=files, refused=refused)


def loaders(core: bool) -> list[Path]:
    """The loaders that lie beside the images; the bench of the core only where there are images for it."""
    return [
        path for path in sorted(LOADERS.iterdir()) if path.suffix in (".v", ".c") and (core or path.stem != "run_core")
    ]


def refuse_foreign(out: Path) -> None:
    """Leave alone what `write_folder` has not written.

    Raises:
        PackageError: out is a file, or a folder with something else.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise PackageError(f"{out}: is not a directory")
    if any(out.iterdir()) and not RomFolder.is_one(out):
        raise PackageError(f"{out}: exists and was not written by make roms; not overwritten")


def _compile(package: Package, hardware: Hardware) -> tuple[Program | None, str | None]:
    """The program, or why the core does not run the network at any depth."""
    try:
        return compile_program(package.graph, ALL, hardware), None
    except (UnsupportedError, RangeError) as error:
        raised = fitting_depths(package.graph, hardware)
        if not raised:
            return None, str(error)
        would = ", ".join(f"{name.upper()} = {depth}" for name, depth in raised.items())
        raise UnsupportedError(f"{error}; {would} would fit") from None


def _element_texts(hardware: Hardware) -> dict[str, str]:
    """Verilog of the array's elements, in place of the files in rtl/, by name; none for multipliers."""
    if hardware.columns.plain:
        return {}
    texts = {WRAPPER: wrapper(hardware.columns), HEADER: header(hardware.columns, hardware.w_w)}
    return {f"{CORE}/{name}": text for name, text in texts.items()}


def _core_record(program: Program, vectors: Vectors, package: Package, request: Request) -> dict[str, Any]:
    labels = package.labels[request.first_image : request.first_image + request.images]
    hardware = program.hardware
    return {
        "core": {
            "parameters": hardware.parameters(),
            **({} if hardware.columns.plain else {"element": hardware.element, "code_bits": hardware.code_w}),
            "stream_bits": hardware.stream_w,
            "param_bits": hardware.param_w,
            "param_beats": hardware.param_beats,
            "words_used": {
                "ACT_DEPTH": vectors.activation_words,
                "WGT_DEPTH": _longest(len(program.weights), program, "weights"),
                "PAR_DEPTH": _longest(len(program.params), program, "params"),
                "TBL_DEPTH": max(_longest(len(program.tables), program, "tables"), 1 << hardware.x_w),
                "PRG_DEPTH": len(program.words()),
            },
            "cycles": run_cycles(program),
            "listing": LISTING,
        },
        "vectors": {
            "runs": request.images,
            "first_image": request.first_image,
            "labels": labels.tolist(),
            "words_of_a_run": {i.stem.partition("/")[2]: i.words // request.images for i in vectors.images},
        },
        "descriptor": [{"word": field.index, "name": field.name, "meaning": field.meaning} for field in FIELDS],
        "program": program_records(program),
        "transfers": transfer_records(program),
        "results": list(vectors.layers),
    }


def run_cycles(program: Program) -> int:
    """What CYCLES reads after a run without stalls."""
    return pipeline.FIRST_STEP + sum(step_cycles(step.descriptor, program.hardware) for step in program.steps)


def _longest(resident: int, program: Program, content: str) -> int:
    """Words of a constant memory that are in use: what lies there from the start, or the longest piece brought."""
    moves = [step.transfer for step in program.steps if step.transfer]
    brought = [len(move.words) for move in moves if move.words is not None and move.content.value == content]
    return max([resident, *brought])


def file_records(folder: Path) -> dict[str, dict[str, Any]]:
    """Size and SHA-256 of every file of a folder, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    data = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: {"bytes": len(d), "sha256": hashlib.sha256(d).hexdigest()} for name, d in data.items()}


def _compare(written: RomFolder, images: Sequence[tuple[Image, Sequence[RomFormat]]]) -> None:
    """Read everything once more through the manifest alone."""
    written.check()
    for image, formats in images:
        for fmt in formats:
            if not np.array_equal(written.values(image.name, fmt), image.values):
                raise PackageError(f"{image.file(fmt)}: the manifest gives other integers")
