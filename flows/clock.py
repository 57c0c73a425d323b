"""How long something took, over all attempts: written down while it runs, so that a killed one counts too."""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_BEAT_S = 0.5


def seconds_of(path: Path) -> float:
    """What a clock file says; 0 if there is none, or nothing that can be read in it."""
    try:
        return max(0.0, float(path.read_text()))
    except (OSError, ValueError):
        return 0.0


@contextlib.contextmanager
def held_clock(path: Path) -> Iterator[Clock]:
    """A clock file that this process alone has; another one waits until it is let go, by its end too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield Clock(path)


class Clock:
    """Goes on from what its file says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def runs(self) -> Iterator[None]:
        """Let it run in the block. It is at most half a second behind if the process is killed."""
        before, start, ended = seconds_of(self._path), time.monotonic(), threading.Event()

        def note() -> None:
            with contextlib.suppress(OSError):
                descriptor = os.open(self._path, os.O_WRONLY)
                os.pwrite(descriptor, f"{before + time.monotonic() - start:15.3f}\n".encode(), 0)
                os.close(descriptor)

        def beat() -> None:
            while not ended.wait(_BEAT_S):
                note()

        beats = threading.Thread(target=beat, daemon=True)
        beats.start()
        try:
            yield
        finally:
            ended.set()
            beats.join()
            note()
