"""`t2c export`: a package in other formats, each read back and compared with golden before it is put in place."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from t2c.commands import add_package, add_target
from t2c.common.options import add_options
from t2c.common.staging import staging_folder, swap_in
from t2c.exports.compare import check_images
from t2c.exports.text import FORMATS as TEXT
from t2c.exports.text import INDEX_FILE, write_text
from t2c.golden.arithmetic.formats import check_int
from t2c.golden.errors import PackageError, RangeError
from t2c.golden.graph.find_package import open_package
from t2c.golden.graph.package import Package
from t2c.golden.target.check import refuse_misfits

NAME = "export"
HELP = "write a package as ONNX, PyTorch, C or text; what is written was read back and is equal"

DEFAULT_FORMATS = "onnx,state_dict,native,hex,memb,decimal,coe,mif"


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What a format needs to know.

    package: what to export; folder: an empty staging folder; samples: test samples to run; lanes: weights per memory
    word of the text formats; all_tensors: every tensor is an output of the ONNX model.
    """

    package: Package
    folder: Path
    samples: int
    lanes: int
    all_tensors: bool


Exporter = Callable[[ExportRequest], tuple[str, list[str]]]
"""Write into the folder, read back, compare; return the name of what was written and the lines of a report."""


def _reread(path: Path, data: bytes) -> bytes:
    path.write_bytes(data)
    return path.read_bytes()


def _onnx(request: ExportRequest) -> tuple[str, list[str]]:
    from t2c.exports.onnx_check import check_onnx
    from t2c.exports.onnx_model import onnx_model

    graph, name = request.package.graph, f"{request.package.name}.onnx"
    model = onnx_model(graph, all_tensors=request.all_tensors)
    data = _reread(request.folder / name, model.SerializeToString(deterministic=True))
    images = check_images(graph, request.package.samples, request.samples)
    compared = check_onnx(data, graph, images)
    return name, [f"{compared:,} activations of {len(images)} images equal in onnxruntime, optimised and not"]


def _state_dict(request: ExportRequest) -> tuple[str, list[str]]:
    from t2c.exports.state_dict import check_state_dict, state_dict_bytes

    graph, name = request.package.graph, f"{request.package.name}.state_dict.pt"
    count = check_state_dict(_reread(request.folder / name, state_dict_bytes(graph)), graph)
    return name, [f"{count:,} constants equal"]


def _native(request: ExportRequest) -> tuple[str, list[str]]:
    from t2c.exports.native import native_network
    from t2c.exports.native_check import can_run, check_native, native_bytes

    graph, name = request.package.graph, f"{request.package.name}.native.pt"
    data = _reread(request.folder / name, native_bytes(graph))
    found = check_native(data, graph, check_images(graph, request.package.samples, request.samples))
    refused = native_network(graph).refused
    values, different = sum(d.values for d in found.values()), sum(d.different for d in found.values())
    largest = max((d.largest for d in found.values()), default=0)
    near = f"{different:,} of {values:,} outputs differ, by at most {largest} (QNNPACK, layer by layer)"
    outputs = near if can_run() else "outputs not compared: this torch has no QNNPACK"
    first = f"{len(graph.nodes) - len(refused)} of {len(graph.nodes)} layers, weights equal; {outputs}"
    return name, [first, *(f"refused: {reason}" for reason in refused.values())]


def _c(request: ExportRequest) -> tuple[str, list[str]]:
    from t2c.exports.c_check import check_c, compiler
    from t2c.exports.c_model import c_model

    graph, name = request.package.graph, f"{request.package.name}_c"
    model, folder = c_model(graph), request.folder / name
    folder.mkdir()
    for file, text in model.files.items():
        (folder / file).write_text(text)
    record = {"format": "torch2chip-c", "version": 1, "model": graph.name, "files": sorted(model.files)}
    (folder / INDEX_FILE).write_text(json.dumps(record, indent=1) + "\n")
    images = check_images(graph, request.package.samples, request.samples)
    compared = check_c(folder, model, graph, images)
    if compared is None:
        return name, [f"{len(model.files)} files, not compared: there is no C compiler; CC names one"]
    program = Path((compiler() or [""])[0]).name
    return name, [f"{compared:,} integers of {len(images)} images equal, compiled by {program}"]


def _text(fmt: str) -> Exporter:
    def export(request: ExportRequest) -> tuple[str, list[str]]:
        graph, name = request.package.graph, f"{request.package.name}.{TEXT[fmt].value}"
        (request.folder / name).mkdir()
        images, count = write_text(graph, request.folder / name, TEXT[fmt], lanes=request.lanes)
        return name, [f"{images} images, {count:,} constants equal"]

    return export


EXPORTERS: dict[str, Exporter] = {
    "onnx": _onnx,
    "state_dict": _state_dict,
    "native": _native,
    "c": _c,
    **{fmt: _text(fmt) for fmt in TEXT},
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_package(parser)
    add_target(parser, "refuse a package that does not fit this chip, docs/your_arithmetic.md")
    known = ",".join(EXPORTERS)
    parser.add_argument("--formats", "--format", default=DEFAULT_FORMATS, help=f"some of {known} (%(default)s)")
    add_options(parser, "export", without=("model",))
    parser.add_argument("--samples", type=int, default=4, help="test samples that ONNX, native and C run (%(default)s)")
    parser.add_argument("--lanes", type=int, default=1, help="weights per word of text formats (%(default)s)")
    parser.add_argument("--all-tensors", action="store_true", help="make every tensor an output of the ONNX model")


def parse_formats(text: str) -> list[str]:
    """Return the formats of a comma-separated list.

    Raises:
        RangeError: one is unknown or given twice.
    """
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in EXPORTERS:
            raise RangeError(f"format = {name!r} is not one of {', '.join(EXPORTERS)}")
    kinds = [TEXT[name].value if name in TEXT else name for name in names]
    for name, kind in zip(names, kinds, strict=True):
        if kinds.count(kind) > 1:
            raise RangeError(f"format {name!r} is given twice")
    return names


def export(
    package: Package, formats: Sequence[str], out: Path, *, samples: int = 4, lanes: int = 1, all_tensors: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Write a package in some formats; all are checked before the first is put in place.

    Args:
        package: what to export; formats: of `EXPORTERS`; out: directory, made if need be;
        samples, lanes, all_tensors: see `ExportRequest`.

    Yields:
        Of each format: the name of its file or folder in out, and the lines of its report.

    Raises:
        ExportError: what was written is not golden's network; nothing is put in place.
        PackageError: something that is not an export is in the way.
        UnsupportedError: a format cannot express the network; the message names the node.
    """
    check_int("samples", samples, 0, len(package.samples))
    if out.exists() and not out.is_dir():
        raise PackageError(f"{out}: is not a directory")
    with staging_folder(out / "export" if out.is_dir() else out) as folder:
        done = [
            EXPORTERS[name](
                ExportRequest(package=package, folder=folder, samples=samples, lanes=lanes, all_tensors=all_tensors)
            )
            for name in formats
        ]
        for name, _ in done:
            _refuse_foreign(out / name, (folder / name).is_dir())
        out.mkdir(parents=True, exist_ok=True)
        for name, _ in done:
            if (folder / name).is_dir():
                swap_in(folder / name, out / name)
            else:
                os.replace(folder / name, out / name)
    yield from done


def _refuse_foreign(target: Path, folder: bool) -> None:
    """Leave alone what no export has written; raise PackageError."""
    if target.is_dir() != folder and target.exists():
        raise PackageError(f"{target}: is {'not ' if folder else ''}a directory; not overwritten")
    if folder and target.exists() and not (target / INDEX_FILE).is_file():
        raise PackageError(f"{target}: exists and is not an export; not overwritten")


def execute(options: argparse.Namespace) -> int:
    """Export and print one line a format; the refused layers of the native format have a line each."""
    formats = parse_formats(options.formats)
    path, package = open_package(options.package)
    if options.target is not None:
        from t2c.golden.target.description import load_chip  # YAML loads only for who uses it

        refuse_misfits(package.graph, load_chip(options.target))
    done = list(
        export(
            package,
            formats,
            options.out,
            samples=min(options.samples, len(package.samples)),
            lanes=options.lanes,
            all_tensors=options.all_tensors,
        )
    )
    for name, lines in done:
        print(f"{name}: {lines[0]}")
        for line in lines[1:]:
            print(f"  {line}")
    print(f"{path}: {len(done)} formats in {options.out}")
    return 0
