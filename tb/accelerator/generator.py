"""`generate: SCRIPT`: a user's script that writes the sources, run before anything is built, again if it changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
import time
from pathlib import Path

from t2c.common.errors import UserError
from t2c.common.places import IMPORT_ROOT
from t2c.common.process_group import run_in_group
from t2c.common.staging import staging_folder, swap_in
from t2c.common.strict_yaml import Value
from t2c.common.time_limit import scaled
from t2c.tb.accelerator.script_environment import installed, python_for, requirements

FOLDER = "generated"
"""Of what scripts have written, below the output; each run in a folder that is named after all that went into it."""
PACKAGE = "T2C_PACKAGE"
"""Environment variable of a script: the folder of the package."""
LIMIT = 3600.0
"""Seconds that a script gets: synthesis from C takes its time."""


def generated(value: Value, package: Path, output: Path) -> Path:
    """Run the script of `generate`, unless it has run like this before; the folder that it wrote into.

    Its words are `value`: a file beside the description, and its arguments, of which those that name files beside the
    description too are handed over with their whole path. It is called in an empty folder, with T2C_PACKAGE in its
    environment; a file `.py` in a Python that has what its head lists (`t2c.tb.accelerator.script_environment`) and
    finds `t2c`, any other as it is. What it has written counts as made if it ends with status 0. It is made anew if
    the script, a file of its kind beside it, an argument, a file that one names or the package changes.

    Args:
        value: of the description; package: of the run; output: of all builds.

    Raises:
        YamlError: no such file; it cannot be run, or fails; the message has its last line and names its log.
    """
    beside = value.path.parent
    words = [str(item.scalar()) for item in value.items()]
    if not words:
        raise value.error("generate: SCRIPT, or [SCRIPT, ARGUMENT, ...]")
    script = beside / words[0]
    if not script.is_file():
        raise value.error(f"generate: no file {words[0]!r} beside this description")
    named = [beside / word for word in words[1:] if word and (beside / word).is_file()]
    arguments = [str((beside / word).resolve()) if beside / word in named else word for word in words[1:]]
    files = [*named, *sorted(path for path in script.parent.glob(f"*{script.suffix}") if path.is_file())]
    try:
        wanted = requirements(script) if script.suffix == ".py" else ()
        digest = hashlib.sha256(json.dumps([words, wanted]).encode())
        for path in [*files, *sorted(path for path in package.iterdir() if path.is_file())]:
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        target = output.resolve() / FOLDER / f"{script.stem}-{digest.hexdigest()[:12]}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.with_name(f"{target.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.is_dir():
                starter = [str(python_for(wanted, output))] if script.suffix == ".py" else []
                _run(script.name, [*starter, str(script.resolve()), *arguments], package, target)
    except UserError as error:
        raise value.error(f"generate: {error}") from error
    return target


def _run(name: str, command: list[str], package: Path, target: Path) -> None:
    surroundings = {**os.environ, PACKAGE: str(package.resolve()), "PYTHONHASHSEED": "0"}
    if str(IMPORT_ROOT) not in installed():  # there an environment finds it after its own packages
        paths = filter(None, [str(IMPORT_ROOT), os.environ.get("PYTHONPATH")])
        surroundings["PYTHONPATH"] = os.pathsep.join(paths)
    log, began = target.with_name(f"{target.name}.log"), time.monotonic()
    with staging_folder(target) as staging:
        with log.open("w") as out:
            try:
                done = run_in_group(
                    command, cwd=staging, env=surroundings, stdout=out, stderr=subprocess.STDOUT, limit=scaled(LIMIT)
                )
            except OSError as error:
                raise UserError(f"{name} cannot be run: {error.strerror}") from error
            except subprocess.TimeoutExpired as error:
                raise UserError(f"{name} did not end within {scaled(LIMIT):.0f} s (see {log})") from error
        if done.returncode:
            raise UserError(_failure(name, done.returncode, log))
        written = sum(path.is_file() for path in staging.rglob("*"))
        if not written:
            raise UserError(f"{name} wrote no file into the folder in which it was called")
        what = "1 file" if written == 1 else f"{written} files"
        print(f"generate: {name} wrote {what} in {time.monotonic() - began:.1f} s", flush=True)
        swap_in(staging, target)


def _failure(name: str, status: int, log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    last = re.sub(r"^t2c\.[\w.]+: ", "", lines[-1]) if lines else "it said nothing"
    if last.startswith("ModuleNotFoundError: No module named "):
        missing = last.rpartition(" ")[2].strip("'")
        return f"{name} needs the Python module {missing}; list its package at its head: # dependencies = [...]"
    return f"{name} ended with status {status}: {last} (see {log})"
