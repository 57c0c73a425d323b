"""Runs of tools over a design, each kept by the digest of all that decides its outcome."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from t2c.common.errors import SimulatorError, UserError
from t2c.common.staging import staging_folder, swap_in
from t2c.cost.design import SynthesisDesign
from t2c.tb.simulation.yosys import run_yosys

Progress = Callable[[str], None]


@cache
def yosys_version() -> str:
    """Of the Yosys that runs, such as `Yosys 0.70`."""
    banner = run_yosys("log", cwd=Path.cwd())
    line = next(line.strip() for line in banner.splitlines() if line.strip().startswith("Yosys "))
    return " ".join(line.split()[:2])


@dataclass(frozen=True, kw_only=True)
class Keeper:
    """Runs that are done once. folder: where their results lie; progress: is told what begins and what has ended."""

    folder: Path
    progress: Progress

    def kept(self, name: str, what: str, stated: object, work: Callable[[Path], None]) -> Path:
        """Give the folder that some work fills, from an earlier run if nothing differs.

        An interrupted run leaves nothing, and one that was done is not repeated.

        Args:
            name: begins the name of the folder; what: for the progress.
            stated: all that decides the outcome, as JSON takes it.
            work: fills the folder that it is given, which lies beside the final one.
        """
        digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()
        folder = self.folder / f"{name}-{digest[:20]}"
        if folder.is_dir():
            return folder
        self.progress(f"{name}: {what} ...")
        start = time.monotonic()
        with staging_folder(folder) as staging:
            work(staging)
            swap_in(staging, folder)
        self.progress(f"{name}: {what}, {time.monotonic() - start:.0f} s")
        return folder

    def yosys(self, design: SynthesisDesign, what: str, commands: str, *results: str) -> Path:
        """Give the folder with the files that some commands write over a design.

        Raises:
            UserError: parameters that the design itself refuses.
            SimulatorError: Yosys is missing, stops, or ends without the files; the message is its first error.
        """
        refusal = rf"`\\{design.top}_(\w+)' referenced", f"{design.top} does not take these parameters: {{}}"

        def work(folder: Path) -> None:
            design.write(folder)
            run_explained(commands, folder, *refusal)
            for result in results:
                if not (folder / result).is_file():
                    raise SimulatorError(f"Yosys ended without {result}, and without a word")

        return self.kept(design.top, what, [design.digest(), commands, yosys_version()], work)


def run_explained(commands: str, folder: Path, pattern: str, explanation: str) -> None:
    """Run Yosys in a folder.

    Args:
        commands: of Yosys; folder: where.
        pattern: what an error of the user's making looks like, with one group; explanation: what it means, with {} for
            the group.

    Raises:
        UserError: such an error.
        SimulatorError: any other, or no Yosys.
    """
    try:
        run_yosys(commands, cwd=folder)
    except SimulatorError as error:
        found = re.search(pattern, str(error))
        if found is None:
            raise
        raise UserError(explanation.format(found[1])) from error


def read_stat(path: Path) -> dict[str, Any]:
    """What `stat -json` wrote."""
    return dict(json.loads(path.read_text()))
