"""The host at the other side of the core's streams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from t2c.contract.hardware import Hardware
from t2c.core_model.stream_words import StreamWords, numbers_of, stream_words, widened
from t2c.golden.errors import ShapeError

Marks = npt.NDArray[np.bool_]
"""(words,) tlast of each stream word."""


class HostStalledError(Exception):
    """The host has nothing to send, or does not take what comes; the message says why. The core would wait forever."""


class Host(Protocol):
    """What serves the core's streams, step by step, in program order."""

    def send(self, beats: int) -> tuple[StreamWords, Marks | None]:
        """The next words of s_axis.

        Args:
            beats: how many the step takes.

        Returns:
            (beats, octets) of STREAM_W bits, and tlast of each; None: tlast is where it has to be. Fewer where tlast
            comes too early, since the core takes none after it.

        Raises:
            HostStalledError: there are fewer, and no tlast.
        """

    def take(self, words: StreamWords) -> None:
        """Take the words of a STORE, (words, octets) of ROWS * X_W bits; the last one has tlast.

        Raises:
            HostStalledError: the host does not take so many.
        """


class QueueHost:
    """Sends words from a list, in the order of the steps, and keeps what comes.

    A driver's test gives the words that its driver would send, and looks at `received` afterwards.
    """

    def __init__(
        self, words: Iterable[int] | StreamWords, hardware: Hardware, last: Sequence[bool] | Marks | None = None
    ) -> None:
        """Begin with words for s_axis.

        Args:
            words: numbers of STREAM_W bits, or (words, octets) uint8 with the most significant octet first.
            hardware: of the core.
            last: tlast of each word; None: where it has to be.

        Raises:
            RangeError, ShapeError: words that do not fit STREAM_W, or as many tlast as there are no words.
        """
        self._words = stream_words(words, hardware.stream_w)
        self._last = None if last is None else np.asarray(last, dtype=bool)
        if self._last is not None and self._last.shape != (len(self._words),):
            raise ShapeError(f"tlast of shape {self._last.shape} for {len(self._words)} stream words")
        self._next = 0
        self.stored: list[StreamWords] = []

    def send(self, beats: int) -> tuple[StreamWords, Marks | None]:
        """As `Host.send`; what follows a tlast stays for the next step that asks."""
        mine = slice(self._next, self._next + beats)
        words = self._words[mine]
        last = None if self._last is None else self._last[mine]
        if last is not None and last.any():
            taken = int(last.argmax()) + 1
            words, last = words[:taken], last[:taken]
        if len(words) < beats and not (last is not None and last.any()):
            raise HostStalledError(f"s_axis waits: {len(words)} of {beats} words came")
        self._next += len(words)
        return words, last

    def take(self, words: StreamWords) -> None:
        """Keep the words of a STORE."""
        self.stored.append(words)

    @property
    def received(self) -> list[int]:
        """All words of m_axis, in order, as numbers of ROWS * X_W bits."""
        return [number for words in self.stored for number in numbers_of(words)]

    @property
    def left(self) -> int:
        """Words that no step has taken."""
        return len(self._words) - self._next


@dataclass(kw_only=True, eq=False)
class MemoryHost:
    """A host with a memory and a list of transfers, as docs/units/t2c_core.md asks for: it knows no layers.

    memory: (words, octets) of STREAM_W bits, changed by stores; transfers: for each, in program order, whether it goes
    out of the core, first word in the memory, words; served: transfers that are complete.
    """

    memory: StreamWords
    transfers: Sequence[tuple[bool, int, int]]
    served: int = field(default=0, init=False)

    def send(self, beats: int) -> tuple[StreamWords, Marks | None]:
        """As `Host.send`: the words of the next transfer, tlast with its last one."""
        low, count = self._next(out=False)
        last = np.zeros(count, dtype=bool)
        last[-1:] = True
        return self.memory[low : low + count][:beats], last[:beats]

    def take(self, words: StreamWords) -> None:
        """Put the words of a STORE where the next transfer says."""
        low, count = self._next(out=True)
        if len(words) != count:
            raise HostStalledError(
                f"m_axis gives {len(words)} words, the host's transfer {self.served - 1} has {count}"
            )
        self.memory[low : low + count] = widened(words, 8 * self.memory.shape[1])

    def _next(self, *, out: bool) -> tuple[int, int]:
        if self.served == len(self.transfers):
            raise HostStalledError(f"the host has no transfer after its {len(self.transfers)}")
        outward, low, count = self.transfers[self.served]
        if outward != out:
            ways = ("to the core", "from the core")
            raise HostStalledError(f"the host's transfer {self.served} goes {ways[outward]}, the step's {ways[out]}")
        if not 0 <= low <= low + count <= len(self.memory):
            raise HostStalledError(f"the host's transfer {self.served} lies outside its {len(self.memory)} words")
        self.served += 1
        return low, count
