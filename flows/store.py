"""What a flow has done, on disk: an entry a run or trial, by the digest of all that decides it, whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.staging import staging_folder, swap_in
from t2c.flows.clock import held_clock, seconds_of
from t2c.flows.errors import FlowError
from t2c.flows.plain import as_plain

RUNS, TRIALS = "runs", "trials"
"""Folders of a store with entries."""
_KEPT, _LOCK, _CLOCKS = "kept.json", "lock", "clocks"


@dataclass(frozen=True)
class FlowStore:
    """The folder of a flow; every process that sees it may write. folder: absolute."""

    folder: Path

    def path(self, relative: str) -> Path:
        """Where something lies that is named relative to the store.

        Raises:
            FlowError: that is outside it.
        """
        found = (self.folder / relative).resolve()
        if not found.is_relative_to(self.folder.resolve()):
            raise FlowError(f"{relative} is not in {self.folder}")
        return found

    def relative(self, path: Path) -> str:
        """The name of a file or folder of the store, relative to it; raise FlowError if it is none."""
        if not path.is_absolute():
            return str(path)
        if not path.is_relative_to(self.folder):
            raise FlowError(f"{path} is not in {self.folder}")
        return str(path.relative_to(self.folder))

    def kept(self, entry: str, work: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
        """Give what some work came to: from an earlier run if there was one, else from this one.

        An interrupted run leaves nothing. An entry that is damaged is made anew. Where two processes want one entry,
        one of them waits.

        Args:
            entry: such as runs/prune-1f2e3d, where the digest states all that decides the outcome.
            work: fills the folder that it is given, and returns plain JSON.
        """
        target = self.folder / entry
        with held_clock(self._clock(entry)) as clock:
            found = self._read(target)
            if found is None:
                shutil.rmtree(target, ignore_errors=True)
                with clock.runs(), staging_folder(target) as staging:
                    found = as_plain(work(staging), entry)
                    kept = {"result": found, "files": _digests(staging)}
                    (staging / _KEPT).write_text(json.dumps(kept, indent=1, allow_nan=False) + "\n")
                    swap_in(staging, target)
        return dict(found)

    def result(self, entry: str) -> dict[str, Any]:
        """What an entry has; nothing if it is not there, or damaged."""
        return self._read(self.folder / entry) or {}

    def seconds(self, entry: str) -> float:
        """How long the work of an entry took, over all attempts."""
        return seconds_of(self._clock(entry))

    def _clock(self, entry: str) -> Path:
        return self.folder / _CLOCKS / entry.replace("/", "-")

    def _read(self, target: Path) -> dict[str, Any] | None:
        """The result of an entry; None if it is not there, or not as it was written."""
        try:
            kept = json.loads((target / _KEPT).read_text())
            if not isinstance(kept["result"], dict) or kept["files"] != _digests(target):
                return None
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return dict(kept["result"])

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other flows out of the folder, and sweep away what a killed one left half-written.

        Raises:
            FlowError: another one is running there, or something else is in the way.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / _LOCK).open("a")
        except OSError as error:
            raise FlowError(f"{self.folder}: {error.strerror}") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise FlowError(f"{self.folder}: another flow is running there") from error
            for entries in (RUNS, TRIALS):
                for left in (self.folder / entries).glob(".*"):
                    shutil.rmtree(left, ignore_errors=True)
            yield


def _digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of an entry, by its name in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / _KEPT
    }
