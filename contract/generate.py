"""Writes what is made from the contract: Verilog headers, the C header, files for FuseSoC and Bender, tables of pages.

`python -m t2c.contract.generate` writes all of it, `--check` only says what is not up to date.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.common.command import Parser, run
from t2c.common.errors import UserError
from t2c.common.places import ROOT
from t2c.contract import c_header, core_files, doc_tables, element_rtl, verilog_headers

FILES: dict[str, Callable[[], str]] = {
    "rtl/descriptor.vh": verilog_headers.descriptor,
    "rtl/registers.vh": verilog_headers.register_map,
    "rtl/pipeline.vh": verilog_headers.latencies,
    "rtl/port_widths.vh": verilog_headers.widths,
    f"rtl/{element_rtl.HEADER}": element_rtl.header,
    f"rtl/{element_rtl.WRAPPER}": element_rtl.wrapper,
    "contract/include/t2c_core.h": c_header.core,
    "rtl/t2c_core.core": core_files.fusesoc,
    "Bender.yml": core_files.bender,
}
"""Files that are made whole."""
PAGES = "docs/units"
SPACE = "docs/legal_space.md"
"""The page with tables that is not a unit's."""
_BLOCK = re.compile(r"(<!-- generated: (.*?) -->\n\n)(.*?)(\n<!-- end -->)", re.DOTALL)


def page(text: str, name: str) -> str:
    """A page with the tables that it asks for: what stands between `<!-- generated: NAME -->` and `<!-- end -->`.

    Raises:
        UserError: there is no such table, or a mark without the other one.
    """

    def fill(block: re.Match[str]) -> str:
        if block[2] not in doc_tables.TABLES:
            raise UserError(f"{name}: no table {block[2]!r}; there are {', '.join(doc_tables.TABLES)}")
        return block[1] + doc_tables.TABLES[block[2]]() + block[4]

    filled, count = _BLOCK.subn(fill, text)
    if not count == text.count("<!-- generated:") == text.count("<!-- end -->"):
        raise UserError(f"{name}: a mark of a table without its other one, or without an empty line after it")
    return filled


def _read(path: Path) -> str:
    """Text of a file in UTF-8, in which all are written, whatever the locale.

    Raises:
        UserError: it is something else.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 at byte {error.start}") from error


def generated(root: Path) -> Iterator[tuple[Path, str]]:
    """Every file of a clone that is made from the contract, whole or in part, and what it should hold."""
    for name, make in FILES.items():
        yield root / name, make()
    for path in (*sorted((root / PAGES).glob("*.md")), root / SPACE):
        if not path.is_file():
            continue
        text = _read(path)
        if "<!-- generated:" in text:
            yield path, page(text, str(path.relative_to(root)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the process's own arguments if None."""
    parser = Parser(prog="t2c.contract.generate", description="Write what is made from the contract.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if anything is not up to date")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if not (options.root / PAGES).is_dir():
        raise UserError(f"{options.root} is no clone of the project: {PAGES} is missing")
    stale = [(path, text) for path, text in generated(options.root) if not path.is_file() or _read(path) != text]
    for path, text in stale:
        print(f"{path.relative_to(options.root)}: {'not up to date' if options.check else 'written'}")
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, text)
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    run(main)
