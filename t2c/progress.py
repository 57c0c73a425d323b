"""A one-line progress bar on a terminal; silent anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

Item = TypeVar("Item")

WIDTH = 30


def progress(items: Iterable[Item], title: str) -> Iterator[Item]:
    """Yield the items of a sized iterable and show how many are done, on stderr if that is a terminal."""
    total = len(items) if isinstance(items, Sized) else 0
    shown = total > 0 and sys.stderr.isatty()
    for done, item in enumerate(items):
        if shown:
            filled = WIDTH * done // total
            print(f"\r{title:<16} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}", end="", file=sys.stderr)
        yield item
    if shown:
        print(f"\r{title:<16} [{'#' * WIDTH}] {total}/{total}", file=sys.stderr)
