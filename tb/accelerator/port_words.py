"""All tensors of one port put together: words one after the other, or ranges of addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from t2c.tb.accelerator.bits import Bits
from t2c.tb.accelerator.port import DoorPort
from t2c.tb.accelerator.stream_port import StreamPort
from t2c.tb.accelerator.transfer import PlacedTensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Span:
    """A tensor in a stream. first: its first word; offset: bits before its field."""

    placed: PlacedTensor
    first: int
    offset: int


class StreamWords:
    """What goes through a stream in every run.

    Args:
        port: the stream.
        placed: its tensors, in order.

    Raises:
        YamlError: fields of unlike numbers of words.
    """

    def __init__(self, port: StreamPort, placed: Sequence[PlacedTensor]) -> None:
        self.port, self.spans = port, list[Span]()
        lengths: dict[str, int] = dict.fromkeys(port.fields, 0)
        for entry in placed:
            field = entry.transfer.field
            self.spans.append(Span(placed=entry, first=lengths[field], offset=port.offsets[field]))
            lengths[field] += entry.words
        if len(set(lengths.values())) > 1:
            counts = ", ".join(f"{name} {count:,}" for name, count in lengths.items())
            raise port.value.error(
                f"ports: {port.name}: fields of one word differ in how many words they have: {counts}"
            )
        self.words = next(iter(lengths.values()))
        for span in self.spans:
            rows = self._once[span.first : span.first + span.placed.words]
            if not span.placed.transfer.once and rows.any():
                raise span.placed.transfer.value.error(
                    f"once: words of {port.name} that go in once have another field, {span.placed.name}, that does not"
                )

    @cached_property
    def last(self) -> npt.NDArray[np.bool_]:
        """(words,): where a packet ends."""
        ends = np.zeros(self.words, bool)
        if not self.words:
            return ends
        said = False
        for span in self.spans:
            every = span.placed.transfer.last_every
            if every:
                said = True
                size = span.placed.words if every < 0 else every
                ends[span.first + size - 1 : span.first + span.placed.words : size] = True
        if not said:
            ends[-1] = True
        return ends

    def lay(self, run: int, *, fresh: bool = True) -> tuple[Bits, Bits]:
        """(words, payload) of a run, and which bits count; `last` is the topmost bit.

        fresh: with what goes in once.
        """
        words = np.zeros((self.words, self.port.width), np.uint8)
        care = np.zeros_like(words)
        for span in self.spans:
            bits, counts = span.placed.lay(run)
            rows = slice(span.first, span.first + len(bits))
            columns = slice(span.offset, span.offset + bits.shape[1])
            words[rows, columns], care[rows, columns] = bits, counts
        if self.port.has_last:
            words[:, -1], care[:, -1] = self.last, 1
        if fresh:
            return words, care
        kept = ~self._once
        if self.port.has_last and not self._ends_said and kept.any():
            words[np.flatnonzero(kept)[-1], -1] = 1
        return words[kept], care[kept]

    @property
    def _once(self) -> npt.NDArray[np.bool_]:
        """(words,): which go in once."""
        found = np.zeros(self.words, bool)
        for span in self.spans:
            found[span.first : span.first + span.placed.words] |= span.placed.transfer.once
        return found

    @property
    def _ends_said(self) -> bool:
        return any(span.placed.transfer.last_every for span in self.spans)


def check_addresses(port: DoorPort, placed: Sequence[PlacedTensor], run: int) -> None:
    """Refuse tensors outside a memory, or over one another, in a run.

    Raises:
        YamlError: the entry, with its addresses.
    """
    size = port.size
    assert size is not None
    ranges: list[tuple[int, int, PlacedTensor]] = []
    for entry in placed:
        first, end = entry.at(run), entry.at(run) + entry.words
        if first < port.base or end > port.base + size:
            raise entry.transfer.value.error(
                f"at: {entry.name} lies in 0x{first:x}..0x{end - 1:x}; {port.name} has "
                f"0x{port.base:x}..0x{port.base + size - 1:x}"
            )
        for other_first, other_end, other in ranges:
            if first < other_end and other_first < end:
                raise entry.transfer.value.error(
                    f"at: {entry.name} in 0x{first:x}..0x{end - 1:x} overlaps {other.name} in "
                    f"0x{other_first:x}..0x{other_end - 1:x}"
                )
        ranges.append((first, end, entry))
