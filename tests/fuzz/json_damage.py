"""Damage to a JSON tree: other types, numbers at every end, names that are traps, parts lost, doubled or swapped."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

Place = tuple[Any, Any]
"""An object or a list, and a key or an index of it."""


def numbers(rng: Random) -> int:
    """An integer at or beside a power of two, small, or beyond all that is meant."""
    near = (1 << rng.randrange(70)) + rng.randint(-2, 2)
    return rng.choice((near, -near, rng.randint(-3, 9), rng.randint(-300, 300), 10 ** rng.choice((30, 400, 4000))))


TEXTS = (
    *(
        "",
        "all",
        "list",
        ".",
        "..",
        "../../up",
        "/dev/zero",
        "a/b",
        "-rf",
        "x" * 101,
        "x" * 5000,
        "\0",
        "\n",
        "\x1b[2J",
    ),
    *("\u202ename", "\ud800", "ünï", "数", "e\u0301", "$(touch x)", "'; touch x; '", "%s", "{0}", "nan", "1", "true"),
    *(
        "floor",
        "half_up",
        "half_even",
        "half_away",
        "HALF_UP",
        "conv2d",
        "linear",
        "add",
        "flatten",
        "max_pool2d",
        "softmax",
    ),
)


def other_value(rng: Random, value: Any) -> Any:
    """A value in the place of one: often of its own type."""
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.7:
        return rng.choice((value + 1, value - 1, -value, value * 2, value ^ (1 << rng.randrange(9)), numbers(rng)))
    if isinstance(value, str) and rng.random() < 0.7:
        return rng.choice((*TEXTS, value + "x", value[:-1], value.upper(), value * 40))
    if isinstance(value, list) and rng.random() < 0.7:
        return rng.choice((value[1:], value * 2, value[::-1], [value], value[:1] * 50, [*value, *value[:1]]))
    deep: Any = []
    for _ in range(rng.choice((1, 50, 200))):
        deep = [deep]
    return rng.choice(
        (
            None,
            True,
            False,
            0,
            -1,
            1.5,
            -0.0,
            float("nan"),
            float("inf"),
            1e308,
            numbers(rng),
            rng.choice(TEXTS),
            [],
            {},
            [numbers(rng)],
            {"a": 1},
            deep,
            [0] * 3000,
        )
    )


def places(tree: Any) -> Iterator[Place]:
    """Every place of a tree."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from places(tree[key])


def damaged_tree(tree: Any, rng: Random) -> Any:
    """A copy with one to three faults."""
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice((1, 1, 2, 3))):
        found = list(places(tree))
        if not found:
            return other_value(rng, tree)
        holder, key = rng.choice(found)
        _once(holder, key, rng, found)
    return tree


def _once(holder: Any, key: Any, rng: Random, found: list[Place]) -> None:
    kind = rng.randrange(10)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, dict):
        holder[rng.choice((*TEXTS, f"{key}x"))] = holder[key]
    elif kind == 2 and isinstance(holder, dict):
        holder[rng.choice(TEXTS)] = holder.pop(key)
    elif kind == 3 and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(holder[key]))
    elif kind == 4:
        other, name = rng.choice(found)
        if _has(other, name):
            holder[key] = copy.deepcopy(other[name])
    elif kind == 5 and isinstance(holder, list):
        rng.shuffle(holder)
    else:
        holder[key] = other_value(rng, holder[key])


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)
