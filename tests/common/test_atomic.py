"""A file is whole or not there, whatever happens while it is written."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.common.atomic import PENDING, atomic_file, write_atomic
from t2c.common.places import ROOT


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_written(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "é\n")
    write_atomic(str(tmp_path / "b"), b"\xff", durable=True)
    assert (tmp_path / "a").read_bytes() == "é\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\xff"
    assert names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_in_mid_write_leaves_the_old_file(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def write() -> None:
        with atomic_file(path) as stream:
            stream.write(b"new")
            stream.flush()
            assert path.read_text() == "old"
            raise error

    with pytest.raises(error):
        write()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_an_error_at_the_end_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    path = tmp_path / "a"
    path.write_text("old")
    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match="disk full"):
                write_atomic(path, "new", durable=True)
        assert path.read_text() == "old"
        assert names(tmp_path) == ["a"]


def test_a_process_killed_in_mid_write_leaves_the_old_file(tmp_path: Path) -> None:
    """What it leaves behind beside it is what PENDING matches."""
    path = tmp_path / "a"
    path.write_text("old")
    program = (
        "import os, signal, sys; from t2c.common.atomic import atomic_file\n"
        "with atomic_file(sys.argv[1]) as stream:\n"
        "    stream.write(b'new'); stream.flush(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], cwd=ROOT, check=False)
    assert done.returncode < 0
    assert path.read_text() == "old"
    assert [found.read_text() for found in tmp_path.glob(PENDING)] == ["new"]


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "none" / "a", "x")
