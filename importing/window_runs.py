"""Windows along an axis of an image by how many pixels of the image each has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class WindowRun:
    """Windows that have as many pixels of the image each: start, length: the pixels that they lie on; kernel: of each;
    stride: from one to the next; count: of them."""

    start: int
    length: int
    kernel: int
    stride: int
    count: int


def runs_of(*, kernel: int, stride: int, before: int, size: int, count: int) -> list[WindowRun]:
    """The windows of an axis as far as they lie on the image, those alike together; none if one lies beside it.

    Args:
        kernel, stride: pixels.
        before: padding ahead of the image.
        size: of the image.
        count: of windows.

    >>> [(run.start, run.length, run.kernel) for run in runs_of(kernel=3, stride=1, before=1, size=5, count=5)]
    [(0, 2, 2), (0, 5, 3), (3, 2, 2)]
    """
    runs: list[list[tuple[int, int]]] = []
    for index in range(count):
        begin = index * stride - before
        start, end = max(begin, 0), min(begin + kernel, size)
        if start >= end:
            return []
        last = runs[-1][-1] if runs else (0, 0)
        if runs and end - start == last[1] - last[0] and start - last[0] == stride:
            runs[-1].append((start, end))
        else:
            runs.append([(start, end)])
    return [
        WindowRun(
            start=run[0][0],
            length=run[-1][1] - run[0][0],
            kernel=run[0][1] - run[0][0],
            stride=stride if len(run) > 1 else 1,
            count=len(run),
        )
        for run in runs
    ]
