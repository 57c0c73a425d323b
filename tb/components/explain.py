"""Which inputs are wrong: the class, or the few classes together, that tell mismatches from matches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.tb.components.bins import BoolArray

LINES = 3
"""Explanations of one set of mismatches at most: each further one is for what those before left over."""
KEPT = 40
"""Pairs of classes that are tried with a third one."""
FEWEST = 4
"""Mismatches that a shift of the stream must explain before it is believed."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """Inputs in all of `names` at once: members. bits: what it takes to say which inputs are wrong, given these."""

    names: tuple[str, ...]
    members: BoolArray
    bits: float


def explain(classes: Mapping[str, BoolArray], wrong: BoolArray) -> list[str]:
    """Lines that say which class of inputs the mismatches are, or honestly that none of the classes does.

    The shortest description wins: bits for the names of the classes, plus bits that say which inputs are wrong once it
    is known which are in them, n_in H(wrong share inside) + n_out H(wrong share outside), H the binary entropy. What
    does not halve the bits that it takes without any class is no explanation.

    Args:
        classes: name -> (n,) which inputs are in it.
        wrong: (n,) which comparisons differed.

    Source: Rissanen, Modeling by shortest data description (1978).
    """
    count = int(wrong.sum())
    if not count:
        return []
    if count == len(wrong):
        return [f"all {count:,} comparisons are wrong: no class of inputs tells right from wrong"]
    lines: list[str] = []
    rest = np.ones(len(wrong), dtype=bool)
    while len(lines) < LINES:
        found = _shortest({name: inside[rest] for name, inside in classes.items()}, wrong[rest])
        if found is None:
            break
        inside = np.zeros(len(wrong), dtype=bool)
        inside[rest] = found.members
        lines.append(_line(found.names, inside, rest, wrong, first=not lines))
        rest &= ~inside
        if not (wrong & rest).any():
            return lines
    left = int((wrong & rest).sum())
    return [*lines, f"no class of inputs explains {f'the other {left:,}' if lines else f'the {left:,}'} mismatches"]


def explain_all(tests: Sequence[tuple[Mapping[str, BoolArray], BoolArray]]) -> list[str]:
    """As `explain`, over the inputs of several tests with the same classes: what fits one by accident fits no other."""
    if not any(wrong.any() for _, wrong in tests):
        return []
    names = tests[0][0]
    classes = {name: np.concatenate([inside[name] for inside, _ in tests]) for name in names}
    return explain(classes, np.concatenate([wrong for _, wrong in tests]))


def _line(names: Sequence[str], inside: BoolArray, rest: BoolArray, wrong: BoolArray, *, first: bool) -> str:
    among, total = int((inside & wrong).sum()), int((rest & wrong).sum())
    others = rest & ~inside
    share = "all" if among == total else f"{among:,} of"
    which = f"{share} {total:,} mismatches" if first else f"{share} the other {total:,} mismatches"
    where = " and ".join(f"[{name}]" for name in names)
    return (
        f"{which} are in {where}: {among:,} of {int(inside.sum()):,} such are wrong, "
        f"{int((others & wrong).sum()):,} of {int(others.sum()):,} others"
    )


def _shortest(classes: Mapping[str, BoolArray], wrong: BoolArray) -> Explanation | None:
    """One class, or two or three at once, with the shortest description, if it halves that without classes."""
    if not wrong.any() or not len(wrong):
        return None
    names, table = _informative(classes)
    if not names:
        return None
    size, bad = len(wrong), float(wrong.sum())
    weight = np.log2(len(names)) + 1
    alone = _bits(np.array([float(size)]), np.array([bad]), size, bad)[0]
    columns, wrongs = table.astype(np.float64), table[wrong].astype(np.float64)
    single = _bits(columns.sum(axis=0), wrongs.sum(axis=0), size, bad) + weight
    found: list[tuple[tuple[int, ...], float]] = [((k,), float(bits)) for k, bits in enumerate(single)]
    left, right = np.triu_indices(len(names), k=1)
    pairs = (_bits(columns.T @ columns, wrongs.T @ wrongs, size, bad) + 2 * weight)[left, right]
    for k in np.argsort(pairs, kind="stable")[:KEPT]:
        pair = int(left[k]), int(right[k])
        both = columns[:, pair[0]] * columns[:, pair[1]]
        triples = _bits(columns.T @ both, wrongs.T @ both[wrong], size, bad) + 3 * weight
        found += [(pair, float(pairs[k])), ((*pair, int(np.argmin(triples))), float(triples.min()))]
    chosen, bits = min(found, key=lambda entry: entry[1])
    if bits > alone / 2:
        return None
    members: npt.NDArray[np.bool_] = np.all(table[:, list(chosen)], axis=1)
    return Explanation(names=tuple(names[k] for k in sorted(chosen)), members=members, bits=bits)


def _informative(classes: Mapping[str, BoolArray]) -> tuple[list[str], BoolArray]:
    """Classes that hold some inputs and not all, each set of inputs under the first of its names."""
    seen: dict[bytes, str] = {}
    for name, inside in classes.items():
        if inside.any() and not inside.all():
            seen.setdefault(inside.tobytes(), name)
    names = list(seen.values())
    return names, np.array([classes[name] for name in names], dtype=bool).T


def _bits(inside: Floats, wrong: Floats, size: int, bad: float) -> Floats:
    """Bits that say which of `size` inputs are the `bad` ones; infinite if the wrong ones are not denser inside."""
    out, missed = size - inside, bad - wrong
    total = _entropy(inside, wrong) + _entropy(out, missed)
    denser = wrong * np.maximum(out, 1) > missed * np.maximum(inside, 1)
    whole = inside == size
    return np.where(denser | whole, total, np.inf)


def _entropy(count: Floats, wrong: Floats) -> Floats:
    share = wrong / np.maximum(count, 1)
    inner = np.where((share > 0) & (share < 1), share, 0.5)
    bits = -inner * np.log2(inner) - (1 - inner) * np.log2(1 - inner)
    return count * np.where((share > 0) & (share < 1), bits, 0)


def shifted(expected: Sequence[Any], actual: Sequence[Any]) -> str | None:
    """One line if a lost or an extra result explains the mismatches from the first one on, else None.

    expected, actual: results in order; actual may be shorter, expected holds what was still to come.
    """
    first = next((k for k, (e, a) in enumerate(zip(expected, actual, strict=False)) if e != a), None)
    if first is None:
        return None
    for by in (1, -1, 2, -2, 3, -3):
        start, late = first + max(-by, 0), first + max(by, 0)
        length = 0
        for a, e in zip(actual[start:], expected[late:], strict=False):
            if a != e:
                break
            length += 1
        straight = sum(a != e for a, e in zip(actual[start : start + length], expected[start:], strict=False))
        if straight < FEWEST:
            continue
        many = ("one", "two", "three")[abs(by) - 1]
        what = f"{many} result{'s' if abs(by) > 1 else ''}"
        lost = f"{what} from {first} on never came" if by > 0 else f"{what} too many from {first} on"
        return (
            f"the stream is shifted by {many}: results {start}..{start + length - 1} equal expected "
            f"{late}..{late + length - 1}; {lost}"
        )
    return None
