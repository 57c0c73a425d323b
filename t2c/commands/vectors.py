"""`t2c vectors`: tensors of chosen images as files for benches elsewhere, in a layout of the user's choice."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from t2c.commands import add_package, add_reference

NAME = "vectors"
HELP = "write every tensor of some images as .npz, $readmemh files and a C header, in a layout of your choice"


def configure(parser: argparse.ArgumentParser) -> None:
    """Which images and tensors, their layout, and the formats."""
    from t2c.commands.values import Repeated, at_least

    add_package(parser)
    add_reference(parser)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--images", type=at_least(1), default=1, help="test images (%(default)s)")
    parser.add_argument("--first-image", type=at_least(0), default=0, help="test image to begin with (%(default)s)")
    parser.add_argument(
        "--tensors",
        default="*",
        help="names of tensors and constants (node.weight), with * and ?, separated by commas; all unless given",
    )
    parser.add_argument(
        "--layout",
        action=Repeated,
        default=[],
        metavar="[NAME=]PATTERN",
        help="docs/layouts.md; for names, or for every tensor of an image; may be repeated, the last that fits counts",
    )
    parser.add_argument("--formats", default="npz,hex,c", help="some of npz,hex,c (%(default)s)")
    parser.add_argument(
        "--lane-order", default="lsb_first", choices=("lsb_first", "msb_first"), help="where lane 0 lies in a word"
    )
    parser.add_argument("--padding", default="0", help="what lanes without an element hold: a number, or zero_point")
    parser.add_argument(
        "--element-bits", type=at_least(2), default=None, help="bits of every element; its own if not given"
    )


def parse_layout(text: str) -> tuple[str, str]:
    """Return (name, pattern); the name is empty where there is none: NAME=PATTERN has no blank before its =.

    >>> parse_layout("c -> c(4)"), parse_layout("fc.weight=(o p=2) i -> o i (p)"), parse_layout("(o p=2) -> o p")
    (('', 'c -> c(4)'), ('fc.weight', '(o p=2) i -> o i (p)'), ('', '(o p=2) -> o p'))
    """
    name, sign, pattern = text.partition("=")
    named = sign and re.fullmatch(r"[^\s()>]+", name) and "->" in pattern and not re.match(r"\d+\s", pattern)
    return (name, pattern) if named else ("", text)


def execute(options: argparse.Namespace) -> int:
    """Write the folder and print what is in it."""
    from t2c.common.errors import SettingError
    from t2c.common.text_table import aligned
    from t2c.exports.vector_files import FORMATS, ZERO_POINT, VectorRequest, write_vectors
    from t2c.golden.graph.find_package import open_package
    from t2c.golden.target.own_node import package_with_functions

    formats = tuple(name.strip() for name in options.formats.split(","))
    if not set(formats) <= set(FORMATS) or len(set(formats)) != len(formats):
        raise SettingError(
            "{formats} = {given!r}: some of {known}, each once", {"given": options.formats, "known": ",".join(FORMATS)}
        )
    padding: int | str = options.padding
    if padding != ZERO_POINT:
        try:
            padding = int(options.padding)
        except ValueError:
            raise SettingError(
                "{padding} = {given!r} is neither a number nor zero_point", {"given": options.padding}
            ) from None
    path, package = open_package(options.package)
    package = package_with_functions(package, dict(options.reference))
    request = VectorRequest(
        first=options.first_image,
        images=options.images,
        names=tuple(name.strip() for name in options.tensors.split(",")),
        layouts=tuple(map(parse_layout, options.layout)),
        formats=formats,
        lane_order=options.lane_order,
        padding=padding,
        element_bits=options.element_bits,
    )
    vectors = write_vectors(package, request, options.out)
    rows = [["name", "shape", "words", "lanes", "bits", "layout"]]
    for vector in vectors:
        packed, elements = vector.packed, vector.packed.elements
        shape, form = "x".join(map(str, elements.shape)), f"{'s' if packed.signed else 'u'}{packed.bits}"
        counts = [f"{elements.words:,}", str(elements.lanes)]
        rows.append([vector.name, shape, *counts, form, vector.layout or "in order"])
    print("\n".join(aligned(rows, right=(1, 2, 3))))
    tensors = sum(not vector.constant for vector in vectors)
    print(
        f"{path}: {tensors} tensors of {options.images} images and {len(vectors) - tensors} constants as "
        f"{', '.join(formats)} in {options.out}, each re-read and equal"
    )
    return 0
