"""Where TOSA's tools are, and what they generate: folders of tests that last as long as this process."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryDirectory
from typing import Literal

from t2c.common.errors import UserError
from t2c.common.places import OUTPUT
from t2c.common.process_group import run_in_group

HOME = Path(sys.prefix) / "tosa"
"""The virtual environment that tools/setup.sh makes of requirements/tosa.txt."""
SCRIPT = Path(__file__).with_name("conformance.py")
Extent = Literal["whole", "sample"]


def version() -> str:
    """The version of tosa-tools there, or "absent"."""
    found = sorted(HOME.glob("lib/python*/site-packages/tosa_tools-*.dist-info"))
    return found[-1].name.removeprefix("tosa_tools-").removesuffix(".dist-info") if found else "absent"


@dataclass(frozen=True, eq=False)
class Generated:
    """Tests of an operator; the folder goes with this object."""

    folder: TemporaryDirectory[str]

    @property
    def files(self) -> list[Path]:
        return sorted(Path(self.folder.name).glob("*.npz"))


@cache
def generated(operator: str, seed: int, extent: Extent, further: tuple[str, ...] = ()) -> Generated:
    """Make the conformance tests of an operator and run the reference model on them, once a process.

    Args:
        operator: as the conformance suite calls it, such as "conv2d".
        seed: of the generator's random numbers.
        extent: the whole suite or a sample.
        further: arguments for the generator.

    Raises:
        UserError: the tools are absent or failed; the message is one line.
    """
    OUTPUT.mkdir(exist_ok=True)
    made = Generated(TemporaryDirectory(prefix=f"tosa-{operator}-", dir=OUTPUT))
    run_script(SCRIPT, operator, str(seed), made.folder.name, extent, *further)
    return made


def run_script(script: Path, *arguments: str) -> None:
    """Run a script of ours with TOSA's Python.

    Raises:
        UserError: the tools are absent, or the script failed; the message is one line.
    """
    python = HOME / "bin" / "python"
    if version() == "absent" or not python.exists():
        raise UserError(f"no TOSA tools in {HOME}: make setup-test installs them if there is a wheel for this machine")
    done = run_in_group([python, "-I", script, *arguments], stdout=DEVNULL, stderr=PIPE)
    if done.returncode:
        raise UserError(f"TOSA: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
