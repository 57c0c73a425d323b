"""A check: golden and a stranger on the same inputs, batch by batch, every output value compared with ==."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Index = tuple[int, ...]
Explain = Callable[[Index], Mapping[str, Any]]
"""From the place of an output value to what went into it."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Some output values of golden, the stranger's for the same inputs, and the inputs of each."""

    golden: npt.NDArray[Any]
    stranger: npt.NDArray[Any]
    explain: Explain


@dataclass(frozen=True)
class NotApplicable:
    """What a stranger computes and golden has no operation for, and why."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """One operation against one stranger.

    name: operation/stranger in short, what ONLY matches; stranger: name and version; domain: what inputs there are;
    batches: yields batches for a random generator, without end unless exhaustive, where they cover the whole domain.
    most: values of one batch that count towards the cases of a run; where a batch is one layer, of any size, this is
    what makes the layers many; counts: what each batch counts as, however many values it has, where a stranger is slow;
    noun: what batches are called, where their number is told.
    """

    name: str
    stranger: str
    domain: str
    batches: Callable[[np.random.Generator], Iterator[Batch | NotApplicable]] = field(repr=False)
    exhaustive: bool = False
    most: int = 1 << 30
    counts: int | None = None
    noun: str = ""

    @property
    def inputs(self) -> str:
        """Where the inputs come from, in a word."""
        return "random" if not self.exhaustive else "generated" if self.noun else "exhaustive"

    def counted(self, batch: Batch) -> int:
        """What a batch counts towards the cases of a run."""
        return min(batch.stranger.size, self.most) if self.counts is None else self.counts


LAYER = 256
"""`most` where a batch is a layer."""


@dataclass(frozen=True, kw_only=True)
class CheckOutcome:
    """What one check found.

    compared: output values; seconds: of processor time, that of programs it started included; first: the first mismatch
    with its inputs, or why it is void; batches: how many were compared; refused: how many were not, by reason.
    """

    check: Check
    compared: int
    mismatches: int
    seconds: float
    first: str = ""
    batches: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.compared > 0 and self.mismatches == 0 and not self.first


def run_check(check: Check, *, cases: int, seed: int, at_most: int | None = None) -> CheckOutcome:
    """Compare golden with the stranger.

    Args:
        check: what to run; its random numbers depend on the seed and its name only.
        cases: output values after which a random check ends, as far as they count; an exhaustive one runs through its
            domain.
        seed: of the random numbers.
        at_most: ends an exhaustive check early too, for quick tests.
    """
    rng = np.random.default_rng([seed, crc32(check.name.encode())])
    enough = at_most if check.exhaustive else cases
    compared = counted = mismatches = batches = 0
    refused: Counter[str] = Counter()
    first, start = "", processor_time()
    try:
        for batch in check.batches(rng):
            if isinstance(batch, NotApplicable):
                refused[batch.reason] += 1
                continue
            batches += 1
            wrong, report = compare(batch)
            compared, mismatches, first = compared + batch.stranger.size, mismatches + wrong, first or report
            counted += check.counted(batch)
            if enough is not None and counted >= enough:
                break
    except Exception as error:  # golden refuses a legal input, or breaks: that is a finding, and the other checks go on
        mismatches, first = mismatches + 1, first or f"{type(error).__name__}: {' '.join(str(error).split())}"
    if not first and (compared == 0 or (enough is not None and not check.exhaustive and counted < enough)):
        first = f"void: only {compared} values compared"
    return CheckOutcome(
        check=check,
        compared=compared,
        mismatches=mismatches,
        seconds=processor_time() - start,
        first=first,
        batches=batches,
        refused=refused,
    )


def processor_time() -> float:
    """Seconds of this process and of those that it has started and waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def compare(batch: Batch) -> tuple[int, str]:
    """Return the number of differing values and the first of them with its inputs.

    Shapes must match too, and both must hold integers or, as objects, words of text: no float that is close enough.
    """
    golden, stranger = batch.golden, batch.stranger
    if golden.shape != stranger.shape:
        return max(golden.size, stranger.size, 1), f"shape: golden {golden.shape}, stranger {stranger.shape}"
    if golden.dtype.kind not in "iuO" or stranger.dtype.kind not in "iuO":
        return golden.size, f"type: golden {golden.dtype}, stranger {stranger.dtype}, not integers"
    wrong = golden != stranger
    count = int(np.count_nonzero(wrong))
    if not count:
        return 0, ""
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    inputs = ", ".join(f"{name} = {show(value)}" for name, value in batch.explain(index).items())
    return count, f"golden {golden[index]}, stranger {stranger[index]} at {list(index)}: {inputs}"


def show(value: Any) -> str:
    """Return an input in one line; long arrays are abbreviated."""
    if isinstance(value, np.ndarray):
        text = np.array2string(value, separator=", ", threshold=128)
        return " ".join(text.split())
    return str(value)


def elementwise(**inputs: Any) -> Explain:
    """Explain an output by the elements of its inputs at the same place; arrays are broadcast from the right."""

    def explain(index: Index) -> dict[str, Any]:
        return {name: pick(value, index) for name, value in inputs.items()}

    return explain


def pick(value: Any, index: Index) -> Any:
    """Return the element that broadcasting brings to `index`; anything but an array is returned as it is."""
    if not isinstance(value, np.ndarray):
        return value
    place = index[len(index) - value.ndim :]
    return value[tuple(0 if extent == 1 else i for i, extent in zip(place, value.shape, strict=True))]
