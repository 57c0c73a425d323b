"""Programs that we start, with all that they start: who ends one ends the whole group, compilers included."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from t2c.common.interrupts import INTERRUPTS

_STAY = "T2C_PROCESS_GROUP"
"""In the environment of a process whose group is ended as a whole, with all that it starts."""


def stay_in_group() -> None:
    """What this process starts stays in its group from here on; whoever ends this process ends that group."""
    os.environ[_STAY] = str(os.getpgrp())


def lead_group() -> None:
    """Lead a new group, in which all that this process starts stays."""
    os.setpgid(0, 0)
    stay_in_group()


def end_group(leader: int) -> None:
    """End every process of a group at once, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def run_in_group(
    command: Sequence[str | Path],
    *,
    cwd: str | Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[str] | IO[bytes] | None = None,
    stderr: int | IO[str] | IO[bytes] | None = None,
    limit: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, without stdin; whatever ends the wait ends all that it started.

    Args:
        command: the program and its arguments.
        cwd, env, stdout, stderr: as of `subprocess.run`.
        limit: seconds; None: as long as it takes.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    stays = os.environ.get(_STAY) == str(os.getpgrp())
    with contextlib.ExitStack() as ends:
        # A signal between its start and the moment at which we know its number would leave it behind.
        with INTERRUPTS.held():
            process = ends.enter_context(
                subprocess.Popen(
                    command,
                    cwd=cwd,
                    env=env,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    text=True,
                    process_group=None if stays else 0,
                )
            )
            # Before it is waited for: its number cannot have passed to another process yet.
            unless_ended = ends.enter_context(contextlib.ExitStack())
            unless_ended.callback(process.kill if stays else partial(end_group, process.pid))
        said, complained = process.communicate(timeout=limit)
        unless_ended.pop_all()
    return subprocess.CompletedProcess(command, process.returncode, said, complained)
