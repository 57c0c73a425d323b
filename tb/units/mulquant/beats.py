"""Items in the lanes of a module with several requantisers side by side, and which of them may be inside together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from t2c.tb.dut.rules import Rules
from t2c.tb.units.mulquant.stimulus import Item

Beat = tuple[Item, ...]
"""One item for each lane."""


def groups_of_beats(items: Sequence[Item], rules: Rules, another: Callable[[Item], Item]) -> list[list[Beat]]:
    """Groups of beats; constants that are static are the same in all beats of one, those that are shared in all lanes.

    Args:
        items: in runs of the same static constants.
        rules: of the module.
        another: an item with the constants of one, to fill lanes with.
    """
    runs, lanes, shared = _runs(items, rules.static), rules.lanes, rules.shared
    if lanes == 1:
        return [[(item,) for item in run] for run in runs]
    if rules.static and not set(rules.static) <= set(shared):
        return [_side_by_side(alike, lanes, another) for alike in _alike(runs, lanes, shared)]
    return [
        [beat for part in _runs(_sorted(run, shared), shared) for beat in _rows(part, lanes, another)] for run in runs
    ]


def _values(item: Item, names: Iterable[str]) -> tuple[int, ...]:
    return tuple(getattr(item[0], name) for name in names)


def _runs(items: Iterable[Item], names: Sequence[str]) -> list[list[Item]]:
    return [list(run) for _, run in groupby(items, lambda item: _values(item, names))]


def _sorted(items: Iterable[Item], names: Sequence[str]) -> list[Item]:
    return sorted(items, key=lambda item: _values(item, names))


def _rows(items: list[Item], lanes: int, another: Callable[[Item], Item]) -> list[Beat]:
    """Items in order, lane by lane; the last beat is filled."""
    filled = [*items, *(another(items[0]) for _ in range(-len(items) % lanes))]
    return [tuple(filled[index : index + lanes]) for index in range(0, len(filled), lanes)]


def _alike(runs: list[list[Item]], lanes: int, shared: Sequence[str]) -> list[list[list[Item]]]:
    """As many runs at a time as there are lanes, or fewer, alike in what is shared."""

    def key(run: list[Item]) -> tuple[int, ...]:
        return _values(run[0], shared)

    found = []
    for _, alike in groupby(sorted(runs, key=key), key):
        there = list(alike)
        found += [there[index : index + lanes] for index in range(0, len(there), lanes)]
    return found


def _side_by_side(runs: list[list[Item]], lanes: int, another: Callable[[Item], Item]) -> list[Beat]:
    """Each lane has the constants of one run."""
    columns = runs + [[] for _ in range(lanes - len(runs))]
    likes = [(column or runs[0])[0] for column in columns]
    length = max(map(len, columns))
    filled = [
        column + [another(like) for _ in range(length - len(column))]
        for column, like in zip(columns, likes, strict=True)
    ]
    return list(zip(*filled, strict=True))
