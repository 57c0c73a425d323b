"""Progress bars on stderr, if that is a terminal; silent anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def progress(items: Iterable[Item], title: str) -> Iterable[Item]:
    """Yield the items and show how many are done."""
    shown: Iterable[Item] = tqdm(items, desc=title, disable=None)  # None: only on a terminal
    return shown


def progress_bar(total: int, title: str, *, done: int = 0) -> tqdm[Any]:
    """A bar to be moved with `update()` and closed, as a context manager; done: items that it begins with."""
    return tqdm(total=total, initial=done, desc=title, disable=None)
