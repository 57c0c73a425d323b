"""What a user's script says it needs, as PEP 723 has it at the head of the file, and a Python that has it.

Packages of generators are old, or of other versions than ours, or bring modules that are called as ours are. So they
get an environment of their own, once for each list of requirements. It finds what is installed here too, after its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from t2c.common.atomic import write_atomic
from t2c.common.command import run
from t2c.common.errors import UserError
from t2c.common.places import OUTPUT
from t2c.common.process_group import run_in_group
from t2c.common.shown import shown
from t2c.common.time_limit import scaled

FOLDER = "generators"
"""Of all such environments: in the virtual environment that runs this, or else below the output."""
PIP_LIMIT = 900.0
"""Seconds of pip, which downloads."""
_BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
_STAMP, _LOCK, _LOG = "made", "lock", "pip.log"


def requirements(script: Path) -> tuple[str, ...]:
    """What a script lists as `dependencies` at its head; none if it has no such block.

    Raises:
        UserError: the block is no TOML, or there are two, or dependencies is no list of texts.
    """
    found = list(_BLOCK.finditer(script.read_text(errors="replace")))
    if len(found) > 1:
        raise UserError(f"{script.name} has {len(found)} blocks '# /// script'")
    if not found:
        return ()
    lines = found[0].group("content").splitlines()
    text = "\n".join(line.removeprefix("# ").removeprefix("#") for line in lines)
    try:
        listed = tomllib.loads(text).get("dependencies", [])
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{script.name}: the block '# /// script' is no TOML: {error}") from error
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        raise UserError(f"{script.name}: dependencies is {shown(listed)}, a list of texts is wanted")
    return tuple(listed)


def python_for(wanted: Sequence[str], output: Path) -> Path:
    """A Python that has what is wanted: this one if nothing is, otherwise one whose environment is made if it must be.

    Args:
        wanted: as pip takes them.
        output: where the environment goes, if this Python has none of its own that could be written.

    Raises:
        UserError: pip cannot install them; the message has its reason.
    """
    if not wanted:
        return Path(sys.executable)
    own = sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK)
    key = hashlib.sha256(json.dumps([sorted(wanted), sys.version]).encode()).hexdigest()[:12]
    home = (Path(sys.prefix) if own else output.resolve()) / FOLDER / key
    home.mkdir(parents=True, exist_ok=True)
    python = home / "environment" / "bin" / "python"
    with (home / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ((home / _STAMP).is_file() and python.is_file()):
            print(f"generate: an environment for {', '.join(wanted)} (once)", flush=True)
            _make(home, python, wanted)
            write_atomic(home / _STAMP, "\n".join(wanted) + "\n")
    return python


def installed() -> list[str]:
    """Folders of the packages that are installed for this Python."""
    return list(dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib")))


def _make(home: Path, python: Path, wanted: Sequence[str]) -> None:
    shutil.rmtree(home / "environment", ignore_errors=True)
    # A second pip takes longer to install than most requirements. Not importlib.util.find_spec: setuptools would
    # believe that pip runs in this process, and could not be imported any more.
    ours = PathFinder.find_spec("pip") is not None
    without = ["--without-pip"] if ours else []
    _call([sys.executable, "-m", "venv", *without, str(home / "environment")], home, wanted)
    # What a `.pth` names comes after the packages of the environment itself.
    packages = next((home / "environment").glob("lib/python*/site-packages"))
    (packages / "of_t2c.pth").write_text("".join(f"{path}\n" for path in installed()))
    pip = [sys.executable, "-m", "pip", "--python", str(python)] if ours else [str(python), "-m", "pip"]
    _call([*pip, "--disable-pip-version-check", "install", *wanted], home, wanted)


def _call(command: list[str], home: Path, wanted: Sequence[str]) -> None:
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    log = home / _LOG
    with log.open("w") as out:
        try:
            done = run_in_group(
                command, env=surroundings, stdout=out, stderr=subprocess.STDOUT, limit=scaled(PIP_LIMIT)
            )
        except subprocess.TimeoutExpired as error:
            raise UserError(f"pip did not end within {scaled(PIP_LIMIT):.0f} s (see {log})") from error
    if done.returncode:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("ERROR", "error"))] or lines or ["it said nothing"]
        raise UserError(f"pip cannot install {', '.join(wanted)}: {errors[-1]} (see {log})")


def main() -> int:
    """Make the environments of some scripts, before they are wanted: set-up may download, a test need not."""
    for name in sys.argv[1:]:
        python_for(requirements(Path(name)), OUTPUT)
    return 0


if __name__ == "__main__":
    run(main, extra=(UserError,))
