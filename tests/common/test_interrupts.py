"""Ctrl-C and SIGTERM, from the first moments of a command on, and messages that hold what someone else chose."""

from __future__ import annotations

import ast
import errno
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from t2c.common.command import run
from t2c.common.interrupts import Interrupts
from t2c.common.make import COMMANDS, FOREIGN
from t2c.common.places import ROOT
from tests import patience

BEGUN = """
    import os, signal, time
    signal.signal(signal.SIGINT, signal.default_int_handler)
    import t2c.common.command
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(9)
"""
"""Whoever runs the tests behind `&` or nohup hands an ignored SIGINT on; this program has Python's own."""


def python(text: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a program, whose error is one of the test."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(text), *words]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)


def test_ctrl_c_while_modules_are_imported_is_one_word() -> None:
    done = python(BEGUN)
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


# One line, status 130, and nothing after it


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_command_knows_what_to_do_waits(number: signal.Signals) -> None:
    """make's own process takes it along into the command that it becomes."""
    text = f"""
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
        os.kill(os.getpid(), {int(number)})
        program = "from t2c.common.command import run; print('imported', flush=True); run(lambda: print('ran'))"
        os.execv(sys.executable, [sys.executable, "-c", program])
    """
    done = python(text)
    assert (done.returncode, done.stdout, done.stderr) == (130, "imported\n", "interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_disturbs_no_clean_up(number: signal.Signals) -> None:
    text = f"""
        import os
        from t2c.common.command import run
        def main():
            try:
                os.kill(os.getpid(), {int(number)})
            finally:
                os.kill(os.getpid(), {int(number)})
                print("cleaned")
        run(main)
    """
    done = python(text)
    assert (done.returncode, done.stdout, done.stderr) == (130, "cleaned\n", "interrupted\n")


def test_a_signal_after_the_result_changes_nothing() -> None:
    text = """
        import atexit, os, signal
        from t2c.common.command import run
        atexit.register(os.kill, os.getpid(), signal.SIGINT)
        run(lambda: 1)
    """
    done = python(text)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_signal_in_a_finaliser_is_not_lost() -> None:
    text = """
        import os, signal, time
        from t2c.common.command import run
        class Held:
            def __del__(self):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0)
        def main():
            Held()
            time.sleep(60)
            return 0
        run(main)
    """
    done = python(text)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


def test_a_forked_worker_ends_without_a_word() -> None:
    """Ctrl-C reaches it as well; its parent ends it."""
    text = """
        import multiprocessing, os, signal, time
        from t2c.common.command import run
        def work():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        def main():
            worker = multiprocessing.get_context("fork").Process(target=work)
            worker.start()
            worker.join()
            return int(worker.exitcode != -signal.SIGTERM)
        run(main)
    """
    done = python(text)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interrupt_waits_for_the_end_of_what_is_held() -> None:
    interrupts, done = Interrupts(), []
    interrupts.take()
    with pytest.raises(KeyboardInterrupt), interrupts.held():  # noqa: PT012  # the block is what is tested
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
        done.append("all of it")
    assert done == ["all of it"]
    os.kill(os.getpid(), signal.SIGINT)  # the second one changes nothing: what is under way comes to its end
    interrupts.take()
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    interrupts.take()
    interrupts.over()
    os.kill(os.getpid(), signal.SIGINT)


def test_what_fails_of_a_signal_to_the_whole_group_is_an_interrupt() -> None:
    """Workers that are just being started end with it, and their pool complains."""
    interrupts = Interrupts()
    interrupts.take()
    with pytest.raises(KeyboardInterrupt), interrupts.held():  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("Nanny failed to start.")
    with pytest.raises(RuntimeError, match="of itself"), interrupts.held():
        raise RuntimeError("of itself")


@pytest.mark.parametrize("module", sorted({words[0] for words in COMMANDS.values()} - set(FOREIGN)))
def test_every_target_of_make_takes_the_signals(module: str) -> None:
    """What does not call `run` would wait for ever with them postponed."""
    base = ROOT / module.removeprefix("t2c.").replace(".", "/")
    files = [ROOT / "t2c" / "__main__.py"] if module == "t2c" else [base.with_suffix(".py"), base / "__main__.py"]
    files.append(ROOT / "t2c" / f"{module.removeprefix('t2c.')}.py")
    (text,) = [file.read_text() for file in files if file.is_file()]
    assert "from t2c.common.command import" in text or "from t2c.common import command" in text
    assert "run(main" in text or "run(lambda: main(" in text


# What a program that we start has started itself

PARENT = """
import sys
from pathlib import Path
from t2c.common.command import run
from t2c.common.process_group import run_in_group
from t2c.common.worker_pool import worker_pool

def work(script):
    run_in_group(["sh", "-c", script])

def main():
    if sys.argv[1] == "alone":
        work(sys.argv[2])
        return 0
    with worker_pool(1) as pool:
        pool.submit(work, sys.argv[2]).result()
    return 0

if __name__ == "__main__":
    run(main)
"""


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("how", ["alone", "in a pool"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nobody_is_left(how: str, number: signal.Signals, tmp_path: Path) -> None:
    """A make that is killed leaves its compilers behind, which write into the next build."""
    program, begun = tmp_path / "parent.py", tmp_path / "begun"
    program.write_text(PARENT)
    script = f"sleep 600 & echo $! > {begun}.part; mv {begun}.part {begun}; wait"
    process = subprocess.Popen(
        [sys.executable, program, how, script],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    patience.wait_until(begun.is_file)
    sleeper = Path("/proc") / begun.read_text().strip()
    assert b"sleep" in (sleeper / "cmdline").read_bytes()
    (os.killpg if number is signal.SIGINT else os.kill)(process.pid, number)
    said, complaint = patience.wait_for_end(process)
    assert (process.returncode, said, complaint) == (130, "", "interrupted\n")
    patience.wait_until(lambda: not running(sleeper))


LATE = """
import os, signal, subprocess, sys, time
from t2c.common.command import run
from t2c.common.process_group import run_in_group

class Late(subprocess.Popen):
    def __init__(self, *words, **options):
        super().__init__(*words, **options)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)

def main():
    subprocess.Popen = Late
    run_in_group(["sleep", "60"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

run(main)
"""


def test_a_signal_while_a_program_is_started_leaves_nothing() -> None:
    """It has begun, and nobody knows its number yet."""
    done = python(LATE)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    assert not running(Path("/proc") / done.stdout.strip())


def running(process: Path) -> bool:
    """Whether it is there, and more than a name that nobody has asked for."""
    try:
        return " Z " not in (process / "stat").read_text()
    except OSError:
        return False


# A disk that is full, and too little memory


def fail_with(error: Exception) -> Callable[[], int]:
    def main() -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "a.hex"),
            "the disk is full: [Errno 28] No space left",
        ),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full: [Errno 122] Disk quota exceeded"),
        (MemoryError("Unable to allocate 9 TiB"), "this machine has too little memory: Unable to allocate 9 TiB"),
        (MemoryError(), "this machine has too little memory"),
    ],
)
def test_no_room_is_one_line(error: Exception, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(fail_with(error))
    assert capsys.readouterr().err.startswith(f"error: {wanted}")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_first_moments_of_a_recipe(number: signal.Signals) -> None:
    """Python is not even up: it comes when the command takes it."""
    text = f"""
        import os, signal, sys
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
        os.kill(os.getpid(), {int(number)})
        os.execv(sys.executable, [sys.executable, "-I", "-S", "t2c/common/begin.py", "sim"])
    """
    done = python(text)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_every_recipe_begins_so() -> None:
    """With nothing imported before both signals are held: what is built in takes no time."""
    recipes = re.findall(r"^override RUN := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipes == ["$(PY) -I -S t2c/common/begin.py"]
    tree = ast.parse((ROOT / "common" / "begin.py").read_text())
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not any(isinstance(node, ast.ImportFrom) for node in ast.walk(tree))
    assert set(names) <= set(sys.builtin_module_names)
    (main,) = [node for node in tree.body if isinstance(node, ast.If)]
    assert "pthread_sigmask" in ast.unparse(main.body[0])


@pytest.mark.slow
def test_what_it_says_goes_to_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "t2c.common.make", "sim"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "error: the disk is full: [Errno 28] No space left on device\n"
