"""The Pareto front: of several objectives, what nothing else beats in one without losing in another."""

from __future__ import annotations

from collections.abc import Sequence


def front(objectives: Sequence[Sequence[float]], senses: Sequence[str]) -> list[int]:
    """Indices of those that no other dominates, in their order; of equal ones all.

    Args:
        objectives: of each trial; senses: of each objective, max or min.

    >>> front([(1, 1), (2, 2), (2, 3), (0, 0), (2, 2)], ("max", "min"))
    [0, 1, 3, 4]
    """
    signs = [1 if sense == "max" else -1 for sense in senses]
    signed = [tuple(sign * value for sign, value in zip(signs, values, strict=True)) for values in objectives]
    return [
        index
        for index, here in enumerate(signed)
        if not any(other != here and all(a >= b for a, b in zip(other, here, strict=True)) for other in signed)
    ]
