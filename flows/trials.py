"""One trial: a function of a module or of a user's file, on plain JSON, kept by the digest of all that decides it."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.common.own_python import find_python
from t2c.flows.errors import FlowError
from t2c.flows.plain import as_plain, digest_of
from t2c.flows.store import TRIALS, FlowStore
from t2c.flows.version import version

FOLDER = "folder"
"""Entry of a result: where the files of the trial are, relative to the store."""
Job = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a trial works. folder: for its files; store: what the flow has; home: folder of the yaml."""

    folder: Path
    store: FlowStore
    home: Path

    def path(self, relative: str) -> Path:
        """The file of a path that a payload has, relative to the store; errors as `FlowStore.path`."""
        return self.store.path(relative)


@functools.cache
def trial_function(name: str, home: Path) -> tuple[Callable[..., Any], str]:
    """The function `module:function`, or `file.py:function` beside the yaml, and the digest of a file of a user's own.

    Raises:
        FlowError: there is none.
    """
    module, _, function = name.rpartition(":")
    if module.endswith(".py"):
        own = find_python(f"{home / module}:{function}")
        return own.call, own.digest
    found = getattr(importlib.import_module(module), function, None) if module else None
    if not callable(found):
        raise FlowError(f"{name!r} is no function of a module")
    return found, ""


def trial_entry(job: Job) -> str:
    """The entry of the store in which a trial is kept."""
    own = trial_function(job["function"], Path(job["home"]))[1]
    return f"{TRIALS}/{digest_of([job['function'], own, job['payload'], job['version']])[:24]}"


def trial_job(function: str, payload: Mapping[str, Any], store: FlowStore, home: Path) -> Job:
    """A trial as it is sent to a worker, plain JSON; raise FlowError if the payload is none."""
    return {
        "function": function,
        "payload": as_plain(payload, "payload"),
        "store": str(store.folder),
        "home": str(home),
        "version": version(),
    }


def run_trial(job: Job) -> dict[str, Any]:
    """Run a trial in this process, unless it is kept, and return its result with its folder."""
    if job["version"] != version():
        raise FlowError(
            "the sources differ from those at the start: changed meanwhile, or another checkout on a worker"
        )
    store, home = FlowStore(Path(job["store"])), Path(job["home"])
    function = trial_function(job["function"], home)[0]
    entry = trial_entry(job)

    def work(folder: Path) -> dict[str, Any]:
        found = function(job["payload"], Place(folder=folder, store=store, home=home))
        if not isinstance(found, dict):
            raise FlowError(f"{job['function']} returns a {type(found).__name__}, a dictionary is wanted")
        return {key: value for key, value in found.items() if key != FOLDER}

    return {**store.kept(entry, work), FOLDER: entry}
