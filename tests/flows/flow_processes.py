"""`t2c flow` in processes of its own, to be killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT


def start_flow(path: Path, out: Path, workers: int, **environment: str) -> subprocess.Popen[str]:
    """Start a flow in a session of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "t2c", "flow", str(path), "--out", str(out), "--workers", str(workers)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_while_running(process: subprocess.Popen[str], lines: int, seconds: float) -> bool:
    """Kill a flow some time after it has said some lines; return whether it was still running then.

    Only the process itself is killed: its workers have to find out.
    """
    assert process.stderr is not None
    for _ in range(lines):
        if not process.stderr.readline():
            break
    time.sleep(seconds)
    alive = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()  # not read to its end: a worker may hold it for a moment yet
    return alive


def killed_again_and_again(path: Path, out: Path, workers: int, seed: int, kills: int, **environment: str) -> int:
    """Run a flow to its end, killed up to some times, at random points; return how often it was."""
    chance, killed = random.Random(seed), 0
    while killed < kills:
        process = start_flow(path, out, workers, **environment)
        if not kill_while_running(process, chance.randrange(4), chance.uniform(0, 0.4)):
            break
        killed += 1
    process = start_flow(path, out, workers, **environment)
    said, complained = process.communicate()
    assert process.returncode == 0, (said, complained)
    return killed
