"""Ctrl-C in the first moments of a command, and messages that hold what someone else chose."""

from __future__ import annotations

import subprocess
import sys

import pytest

from t2c.common.command import run

BEGUN = "import t2c.common.command, os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(9)"


def test_ctrl_c_while_modules_are_imported_is_one_word() -> None:
    done = subprocess.run([sys.executable, "-c", BEGUN], capture_output=True, text=True, check=False)
    assert done.returncode not in (0, 1)
    assert done.stderr == "interrupted\n"


def test_a_message_never_controls_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise ValueError("red \x1b[31m\n and \u202e back, größer" + "x" * 9000)

    with pytest.raises(SystemExit, match="2"):
        run(fail)
    said = capsys.readouterr().err
    assert said.startswith("error: red \\x1b[31m and \\u202e back, größer")
    assert said[:-1].isprintable()
    assert len(said) < 2100
