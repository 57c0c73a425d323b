"""One trial: a function of a module or of a user's file, on plain JSON, kept by the digest of all that decides it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from t2c.flows.errors import FlowError
from t2c.flows.own_code import own_code
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


def trial_function(name: str, home: Path) -> tuple[Callable[..., Any], str]:
    """The function `module:function`, or `file.py:function` beside the yaml, and the digest of a file of a user's own.

    Raises:
        FlowError: there is none.
    """
    if ".py:" in name:
        own = own_code(name, home)
        return own.call, own.digest
    module, _, function = name.rpartition(":")
    found = getattr(importlib.import_module(module), function, None) if module else None
    if not callable(found):
        raise FlowError(f"{name!r} is no function of a module")
    return found, ""


def trial_job(function: str, payload: Mapping[str, Any], store: FlowStore, home: Path) -> Job:
    """A trial as it is sent to a worker, plain JSON, with the entry of the store in which it is kept.

    Raises:
        FlowError: the payload is no plain JSON, or there is no such function.
    """
    data = as_plain(payload, "payload")
    return {
        "function": function,
        "payload": data,
        "store": str(store.folder),
        "home": str(home),
        "entry": _entry(function, data, home),
    }


def _entry(function: str, payload: Mapping[str, Any], home: Path) -> str:
    own = trial_function(function, home)[1]
    return f"{TRIALS}/{digest_of([function, own, payload, version()])[:24]}"


def run_trial(job: Job) -> dict[str, Any]:
    """Run a trial in this process, unless it is kept, and return its result with its folder."""
    store, home, entry = FlowStore(Path(job["store"])), Path(job["home"]), job["entry"]
    function = trial_function(job["function"], home)[0]
    if entry != _entry(job["function"], job["payload"], home):
        raise FlowError("the sources are not those of the start: changed meanwhile, or another checkout on a worker")

    def work(folder: Path) -> dict[str, Any]:
        found = function(job["payload"], Place(folder=folder, store=store, home=home))
        if not isinstance(found, dict):
            raise FlowError(f"{job['function']} returns a {type(found).__name__}, a dictionary is wanted")
        return {key: value for key, value in found.items() if key != FOLDER}

    return {**store.kept(entry, work), FOLDER: entry}
