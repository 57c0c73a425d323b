"""Ctrl-C and SIGTERM: one KeyboardInterrupt, never while something is half started or half written, and never a second.

Nothing but the standard library is needed here, and little of that: this is what a command loads first.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AGAIN_S = 0.05


def undo_postpone() -> None:
    """common/begin.py lets them wait, across exec too: here they come."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


@contextlib.contextmanager
def unseen_by_children() -> Iterator[None]:
    """Threads and processes that are started in the block never see Ctrl-C, which reaches every process of a terminal:
    this process alone decides what it means. Here it is taken after the block."""
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # started later it would unblock them in the thread that starts a process
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Interrupts:
    """Takes both signals of this process. The first one counts; once it was raised, what is under way comes to its end.

    `held()` puts it off to the end of a block.
    """

    def __init__(self) -> None:
        self._holders = 0
        self._asked = self._deaf = False

    def take(self) -> None:
        """From here on they are ours; those that were postponed come now.

        Raises:
            KeyboardInterrupt: one was.
        """
        self._holders, self._asked, self._deaf = 0, False, False
        for number in SIGNALS:
            signal.signal(number, self._take)
        if sys.unraisablehook != self._unraisable:
            self._before, sys.unraisablehook = sys.unraisablehook, self._unraisable
        undo_postpone()

    def _take(self, *_: object) -> None:
        if not self._deaf:
            self._asked = True
            self._raise()

    def _raise(self) -> None:
        if self._asked and not self._holders and not self._deaf:
            self._deaf = True
            raise KeyboardInterrupt

    def _unraisable(self, what: Any) -> None:
        """Where Python drops exceptions, such as in a finaliser, this one is not lost: it comes again."""
        if not issubclass(what.exc_type, KeyboardInterrupt):
            self._before(what)
            return
        self._deaf = False
        again = threading.Timer(_AGAIN_S, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing interrupt the block; raise KeyboardInterrupt after it, if that was asked for meanwhile.

        So too if the block fails then: a signal that reaches the whole process group ends what is started there.
        In another thread than the main one nothing is ever interrupted, and nothing has to be put off.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            self._raise()

    def over(self) -> None:
        """All that is left is to close and to report: from here on nothing interrupts."""
        self._deaf = True


INTERRUPTS = Interrupts()
"""Those of this process."""


def _leave_child() -> None:
    """A forked worker belongs to its parent: that ends it, and it ends without a word."""
    if signal.getsignal(signal.SIGTERM) == INTERRUPTS._take:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


os.register_at_fork(after_in_child=_leave_child)
