"""How long a test waits before it calls something stuck: counted in work done meanwhile, not in seconds.

One step is a short sleep and the start and end of one Python. A machine that is slow, or busy with something else just
then, takes longer for it. STEPS of them are more than a minute on a quiet one; only a test that fails waits that long.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable

STEPS = 1000


def step() -> None:
    """Let some time pass, as much as the machine takes for a bit of work."""
    time.sleep(0.05)
    subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)


def wait_until(condition: Callable[[], bool], why: Callable[[], object] = str) -> None:
    """Return as soon as the condition holds; fail with what `why` returns if it never does."""
    for _ in range(STEPS):
        if condition():
            return
        step()
    raise AssertionError(f"waited in vain: {why()}")


def wait_for_end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process has written to stdout and stderr, once it has ended; fail, and kill it, if it never does."""
    for _ in range(STEPS):
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=0.05)
        step()
    process.kill()
    raise AssertionError(f"still running: {process.args!r}")
