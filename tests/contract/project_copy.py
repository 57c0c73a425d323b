"""A copy of the project in which a test changes the contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


class ProjectCopy:
    """The installed rooms, the pages of units and the files at the top, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for room in sorted(path.name for path in (ROOT / "t2c").iterdir() if path.is_symlink()):
            shutil.copytree(ROOT / room, folder / room)
        shutil.copytree(ROOT / "t2c", folder / "t2c", symlinks=True)
        shutil.copytree(ROOT / "docs" / "units", folder / "docs" / "units")
        for path in ROOT.iterdir():
            if path.is_file() and not path.name.startswith("."):
                shutil.copy(path, folder)

    def replace(self, name: str, *changes: tuple[str, str]) -> None:
        """Change a file; each text stands there once."""
        path = self.folder / name
        text = path.read_text()
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        path.write_text(text)

    def run(self, *command: str, status: int = 0, where: str = ".") -> str:
        """What a command prints in the copy, or in a folder of it."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        done = subprocess.run(
            command, cwd=self.folder / where, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def python(self, *arguments: str, status: int = 0) -> str:
        """What Python prints there."""
        return self.run(sys.executable, *arguments, status=status)
