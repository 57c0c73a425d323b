"""A tensor that a bench waits for: words or elements as they come, and a report of what differs."""

from __future__ import annotations

import itertools
import json
import os
import sys
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.golden.arithmetic.formats import IntArray, as_int64, twos_complement
from t2c.golden.errors import ShapeError
from t2c.layouts.packed import PackedLayout
from t2c.tb.components.explain import shifted

REPORT = "T2C_EXPECT"
"""Environment variable: a file that gets a line of JSON when a tensor is expected, and one when it was compared."""
SHOWN = 5
"""Wrong elements that a report names."""
FEWEST = 4
"""Elements that another order of lanes must explain before it is believed."""


class WrongTensor(AssertionError):
    """A tensor differs from golden's, or has not come whole; the message is the report."""


class Expected:
    """One tensor, word by word (`word`), element by element (`element`) or whole (`equals`).

    Used as a context, it is checked at its end; else `check` is to be called. The pytest fixture `cocotb_bench` fails a
    test that does neither.

    Args:
        label: what a report calls it; values: golden's, int64; packed: how it lies in words; check_padding: whether
        lanes without an element count.
    """

    def __init__(self, label: str, values: IntArray, packed: PackedLayout, *, check_padding: bool = False) -> None:
        self.label, self.expected, self.packed, self.check_padding = label, values, packed, check_padding
        self._came: dict[int, tuple[int | None, str]] = {}
        """By word * lanes + lane: the value, None where a bit is unknown, and when it came."""
        self._next = 0
        self._faults: list[str] = []
        self._number = _write({"label": label, "state": "expected"})

    @property
    def done(self) -> bool:
        """Whether as many words came as there are."""
        return self._next >= self.packed.elements.words

    def word(self, value: Any) -> None:
        """Take the next word: an int, or a value of cocotb, in which bits may be X."""
        form, number = self.packed.form, self._next
        self._next += 1
        if number >= self.packed.elements.words:
            if number == self.packed.elements.words:
                self._faults.append(f"more than the {number} words of the tensor came, the first{_now()}")
            return
        text = _bits(value, form.word_bits)
        if len(text) != form.word_bits:
            self._faults.append(f"word {number} has {len(text)} bits, the layout's have {form.word_bits}")
            return
        for lane in range(form.lanes):
            place = lane if form.lane_order == "msb_first" else form.lanes - 1 - lane
            part = text[place * form.bits : (place + 1) * form.bits]
            known = set(part) <= set("01")
            raw = int(part, 2) if known else 0
            value_here = (twos_complement(raw, form.bits) if form.signed else raw) if known else None
            self._came[number * form.lanes + lane] = (value_here, _now())

    def element(self, coordinate: tuple[int, ...], value: Any) -> None:
        """Take one element, wherever it lies; raises IndexError where the tensor has none."""
        word, lane = self.packed.elements.place(coordinate)
        slot = word * self.packed.elements.lanes + lane
        if slot in self._came:
            self._faults.append(f"element {_tuple(coordinate)} came twice, again{_now()}")
        try:
            number: int | None = int(value)
        except ValueError:
            number = None  # an X
        self._came[slot] = (number, _now())
        self._next = max(self._next, word + 1)

    def equals(self, values: npt.ArrayLike) -> None:
        """Compare a whole tensor, int of its shape, and check.

        Raises:
            WrongTensor: it differs; ShapeError: another shape; RangeError: no integers.
        """
        array = as_int64(self.label, values)
        if array.shape != self.expected.shape:
            raise ShapeError(f"{self.label}: shape {array.shape}, golden has {self.expected.shape}")
        grid = self.packed.elements.to_words(array, self.packed.padding).reshape(-1).tolist()
        self._came = {slot: (value, "") for slot, value in enumerate(grid)}
        self._next = self.packed.elements.words
        self.check()

    def check(self) -> None:
        """Compare what came.

        Raises:
            WrongTensor: an element differs or is unknown, is missing, or more came.
        """
        lines = self.report()
        size = int(self.expected.size)
        _write({"label": self.label, "state": "compared", "elements": size, "report": lines}, self._number)
        if lines:
            raise WrongTensor("\n".join(lines))

    def report(self) -> list[str]:
        """What differs, the first element in the order of the words first; nothing if all is equal."""
        elements, flat = self.packed.elements, self.expected.reshape(-1)
        wrong, missing, lines = [], [], list(self._faults)
        for slot, element in enumerate(elements.slots.reshape(-1).tolist()):
            if element < 0 and not self.check_padding:
                continue
            expected = self.packed.padding if element < 0 else int(flat[element])
            if slot not in self._came:
                if element >= 0:
                    missing.append(element)
            elif self._came[slot][0] != expected:
                wrong.append((slot, element, expected))
        total = flat.size
        if missing:
            first = _tuple(np.unravel_index(missing[0], self.expected.shape))
            lines.append(f"{len(missing)} of {total} elements never came, the first is {first}")
        if wrong:
            lines.insert(0, f"{self.label}: {len(wrong)} of {total} elements differ")
            lines[1:1] = [f"  {self._line(*one)}" for one in wrong[:SHOWN]]
            if len(wrong) > SHOWN:
                lines.insert(1 + SHOWN, "  ...")
            lines += [f"  {line}" for line in self._explained(len(wrong))]
        elif lines:
            lines.insert(0, f"{self.label}:")
        return lines

    def _line(self, slot: int, element: int, expected: int) -> str:
        word, lane = divmod(slot, self.packed.elements.lanes)
        actual, when = self._came[slot]
        mask, digits = (1 << self.packed.bits) - 1, -(-self.packed.bits // 4)
        place = "padding" if element < 0 else _tuple(np.unravel_index(element, self.expected.shape))
        came = "unknown (X)" if actual is None else f"{actual} (0x{actual & mask:0{digits}x})"
        wanted = f"{expected} (0x{expected & mask:0{digits}x})"
        return f"{place}: expected {wanted}, actual {came}; word {word}, lane {lane}{when}"

    def _explained(self, wrong: int) -> list[str]:
        """What would make it right: another order of lanes, or a word less or more."""
        grid = self.packed.elements.to_words(self.expected, self.packed.padding)
        words = len(self._came) // self.packed.elements.lanes
        if wrong < FEWEST or len(self._came) != words * self.packed.elements.lanes:
            return []
        came = [[self._came[k * grid.shape[1] + lane][0] for lane in range(grid.shape[1])] for k in range(words)]
        if len(came) == len(grid) and came == grid[:, ::-1].tolist():
            return ["all is equal with the lanes of each word in reverse: lane_order"]
        if len(came) == len(grid) and came == grid[::-1].tolist():
            return ["all is equal with the words in reverse"]
        line = shifted([tuple(row) for row in grid.tolist()], [tuple(row) for row in came])
        return [line] if line else []

    def __enter__(self) -> Expected:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.check()
        else:  # the bench has an error of its own; what came until then stands in the report
            _write({"label": self.label, "state": "ended", "elements": 0, "report": self.report()}, self._number)


def _bits(value: Any, width: int) -> str:
    """The digits of a word, the most significant first; a value that is too large has more than `width`."""
    if not isinstance(value, (int, np.integer)):
        return str(value)
    number = int(value)
    if -(1 << width - 1) <= number < 0:
        number += 1 << width
    return format(number, f"0{width}b") if number >= 0 else "1" * (number.bit_length() + 1)


def _tuple(coordinate: Any) -> tuple[int, ...]:
    return tuple(int(k) for k in coordinate)


def _now() -> str:
    """The time of the simulation, in a message; nothing outside of one."""
    simtime = sys.modules.get("cocotb.simtime")
    if simtime is None:
        return ""
    try:
        return f" at {simtime.get_sim_time('ns'):g} ns"
    except (RuntimeError, AttributeError, ImportError):
        return ""


_numbers = itertools.count()


def _write(record: dict[str, Any], number: int | None = None) -> int:
    """Add a line to the report, where one is kept, and return the number of its tensor."""
    number = next(_numbers) if number is None else number
    if path := os.environ.get(REPORT):
        with open(path, "a") as stream:
            stream.write(json.dumps({"number": number, **record}) + "\n")
    return number
