"""Ctrl-C and SIGTERM: one KeyboardInterrupt, and never while something is half started or half written."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


class Interrupts:
    """Takes both signals of this process. The first one counts; once it was raised, what is under way comes to its end.

    `held()` puts it off to the end of a block.
    """

    def __init__(self) -> None:
        self._holders = 0
        self._asked = self._deaf = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, *_: object) -> None:
        if not self._deaf:
            self._asked = True
            self._raise()

    def _raise(self) -> None:
        if self._asked and not self._holders and not self._deaf:
            self._deaf = True
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing interrupt the block; raise KeyboardInterrupt after it, if that was asked for meanwhile."""
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
        self._raise()

    def over(self) -> None:
        """All that is left is to close and to report: from here on nothing interrupts."""
        self._deaf = True
