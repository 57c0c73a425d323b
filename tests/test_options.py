"""One table of options: `make` and the command lines agree on names and defaults, and hand every value on as it is."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from t2c.common import make
from t2c.common.errors import SettingError
from t2c.common.make import COMMANDS, arguments, surroundings
from t2c.common.options import OPTIONS, ROOM, options_of
from t2c.common.spelling import CALLER, command
from t2c.contract.hardware import Hardware
from t2c.tb import __main__ as sim
from tests.conftest import ROOT

HOSTILE = """it's $(touch {0}) `touch {0}` "; touch {0}; ${{X}} $(shell touch {0})
\ttouch {0}
#\\"""
"""A value that does harm wherever make or a shell reads it."""
SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))\n"


def run_make(*words: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"} | environment
    return subprocess.run(["make", *words], cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A Makefile with its own common/make.py, whose commands only show what they were given."""
    folder = tmp_path / "clone"
    (folder / "t2c").mkdir(parents=True)
    shutil.copytree(ROOT / "common", folder / "t2c" / "common")
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "t2c" / "__init__.py").write_text("")
    (folder / "t2c" / "tb.py").write_text(SHOW)
    (folder / "tools").mkdir()
    (folder / "tools" / "setup.sh").write_text("#!/bin/sh\n")
    (folder / "tools" / "setup.sh").chmod(0o755)
    (folder / "my env" / "bin").mkdir(parents=True)
    (folder / "my env" / "bin" / "python").symlink_to(sys.executable)
    return folder


@pytest.mark.parametrize("by_environment", [False, True])
def test_no_value_is_read_by_make_or_a_shell(clone: Path, tmp_path: Path, by_environment: bool) -> None:
    hostile = HOSTILE.format(tmp_path / "harm")
    given = {"LAYER": hostile, "OUT": "$(x)", "DUT": "", "VENV": "my env", "ROWS": "-3"}
    words = () if by_environment else tuple(f"{name}={value}" for name, value in given.items())
    done = run_make("sim", *words, cwd=clone, **(given if by_environment else {}))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [f"--layer={hostile}", "--dut=", "--rows=-3"]
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(("words", "environment"), [((), {}), (("VENV=",), {}), ((), {"VENV": ""})])
def test_no_virtual_environment_named_is_the_clones_own(
    clone: Path, words: tuple[str, ...], environment: dict[str, str]
) -> None:
    """An empty one too, for which tools/setup.sh sets that up: never the Python in /bin."""
    (clone / "my env").rename(clone / ".venv")
    done = run_make("sim", *words, cwd=clone, **environment)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")


def test_a_value_that_tries_harm_is_one_line_of_the_command(clone: Path, tmp_path: Path) -> None:
    """In the real parser: make's name of the option, and the value as it is."""
    done = subprocess.run(
        [sys.executable, "-m", "t2c.common.make", "sim"],
        cwd=ROOT,
        env=os.environ | {"ROWS": HOSTILE.format(tmp_path / "harm")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ROWS: invalid int value: 'it\\'s $(touch ")
    assert not (tmp_path / "harm").exists()


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"IMAGES": "0", "LAYER": "fc"}, "error: IMAGES = 0 is outside 1..360, the samples of examples/digits_w8a8\n"),
        ({"FIRST_IMAGE": "x"}, "error: FIRST_IMAGE: invalid int value: 'x'\n"),
        ({"SIM": "{x}", "LAYER": "fc"}, "error: SIM = '{x}' is not one of icarus, verilator\n"),
        ({"DUT": "x.yaml"}, "error: DUT = 'x.yaml' needs UNIT, the unit that it takes the place of\n"),
        ({"MODEL": "--layer=fc"}, "error: MODEL = '--layer=fc' is not a package directory; the examples are "),
    ],
)
def test_an_error_names_the_variable_where_make_called(variables: dict[str, str], wanted: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "t2c.common.make", "sim"],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(wanted)


def test_make_hands_on_only_what_is_set() -> None:
    assert arguments("sim", {"PATH": "/bin"}) == ["t2c.tb"]
    assert arguments("regress", {"SEED": "7", "ROWS": "3"}) == ["t2c.tb.regress", "--seed=7"]
    assert arguments("roms", {}) == ["t2c.rom_folder", "--out=sim_build/roms"]
    assert arguments("test", {}) == ["pytest", "-n2"]
    assert arguments("model", {"OUT": "x"}) == ["t2c.make_model"]


def test_the_command_sees_no_variable_of_make_but_who_called() -> None:
    found = {"PATH": "/bin", "SIM": "icarus", "VENV": "x"}
    assert surroundings("sim", found) == {"PATH": "/bin", "VENV": "x", CALLER: "make"}
    assert surroundings("test", found) == {"PATH": "/bin", "VENV": "x"}


def test_every_target_that_runs_a_command_is_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    rules = re.findall(r"^([a-z0-9-]+):.*\n(?:\t\$.*\n)*\t@\$\(RUN\) \$@", makefile, re.MULTILINE)
    assert sorted(rules) == sorted(COMMANDS)
    assert {name for option in OPTIONS for name in option.commands.split()} == {*COMMANDS, "setup"}
    assert make.POSITIONAL.keys() <= COMMANDS.keys()


def test_no_recipe_names_a_variable_of_a_user() -> None:
    text = (ROOT / "Makefile").read_text()
    for option in OPTIONS:
        assert f"$({option.variable_name})" not in text, option.name
        assert option.name == "venv" or f"{option.variable_name} ?=" not in text, option.name


def test_the_help_of_make_is_that_of_the_table() -> None:
    pytest.importorskip("torch", reason="it knows the names of the example models")
    from tools.make_help import text

    assert (ROOT / "tools" / "make_help.txt").read_text() == text(), "python -m tools.make_help > tools/make_help.txt"
    assert run_make(PATH="/usr/bin:/bin").stdout.endswith(text())


def test_defaults_of_the_set_up_are_those_of_the_table() -> None:
    script = (ROOT / "tools" / "setup.sh").read_text()
    for option in options_of("setup"):
        assert f"${{{option.variable_name}:-{option.default}}}" in script
    assert "$${VENV:-.venv}" in (ROOT / "Makefile").read_text()


def test_the_depths_are_those_of_the_hardware() -> None:
    parser = ArgumentParser()
    sim.configure(parser)
    from_room = [option.name for option in options_of("sim") if option.default is ROOM]
    assert from_room == ["act_depth", "wgt_depth", "par_depth", "acc_depth", "prg_depth", "tbl_depth"]
    for name in from_room:
        assert parser.get_default(name) == getattr(Hardware(), name)


def test_a_command_is_printed_as_its_caller_types_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"model": "a b", "first_image": 3, "only": "x*"}
    assert command("sim", settings) == "t2c sim 'a b' --first-image 3 --only 'x*'"
    assert command("sim", {"unit": "mulquant"}) == "t2c sim digits_w8a8 --unit mulquant"
    monkeypatch.setenv(CALLER, "make")
    assert command("sim", settings) == "make sim MODEL='a b' FIRST_IMAGE=3 ONLY='x*'"


def test_a_setting_error_travels_between_processes() -> None:
    error = SettingError("{images} = {value} is odd {{x}}", {"value": "{images}"})
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "images = {images} is odd {x}"
    assert again.spelled(lambda name: f"<{name}>") == "<images> = {images} is odd {x}"
