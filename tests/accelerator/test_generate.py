"""`generate`: a script of the user's runs before the build, once for what goes into it; what fails is one line."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from t2c.tb.accelerator.script_environment import python_for, requirements
from tests.accelerator.door import refusal, simulated
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
DUT = """unit: accelerator
generate: make.sh
sources: tiny.v
top: tiny
clock: clk
reset: none
ports:
  x: {kind: wires, data: x}
  y: {kind: wires, data: y, after: x, latency: 1}
in: [{port: x, file: x.npy, bits: 8}]
out: [{port: y, file: y.npy, bits: 8}]
"""
MODULE = "module tiny(input clk, input [7:0] x, output reg [7:0] y); always @(posedge clk) y <= x + FACTOR; endmodule"
SCRIPT = f"""#!/bin/sh
set -e
echo "{MODULE}" | sed "s/FACTOR/${{1:-7}}/" >tiny.v
"""
PYTHON = f"""import numpy, pathlib
from t2c.golden.graph.package import load_package
import importlib.util
import os
layers = len(load_package(os.environ["T2C_PACKAGE"]).graph.nodes)
pathlib.Path("tiny.v").write_text("{MODULE}".replace("FACTOR", str(layers)))
numpy.save("z.npy", numpy.array([5 + layers]))
"""


def described(folder: Path, script: str = SCRIPT, *changes: tuple[str, str]) -> Path:
    """A module that a script writes, and adds 7."""
    text = DUT
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    (folder / "dut.yaml").write_text(text)
    name = "make.py" if "make.py" in text else "make.sh"
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)
    np.save(folder / "x.npy", np.array([5]))
    np.save(folder / "y.npy", np.array([12]))
    return folder / "dut.yaml"


def test_it_runs_again_only_if_something_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dut, output = described(tmp_path), tmp_path / "out"
    run = simulated(capsys, dut, output)
    assert (run.status, run.text.count("generate: make.sh wrote 1 file in ")) == (0, 1)
    run = simulated(capsys, dut, output)
    assert (run.status, run.text.count("generate")) == (0, 0)
    dut.write_text(dut.read_text().replace("make.sh", "[make.sh, 9]"))
    run = simulated(capsys, dut, output)
    assert (run.status, run.text.count("generate: make.sh")) == (1, 1)
    assert "y.npy[0]: expected 12 (0x0c), actual 14 (0x0e), difference +2" in run.text
    (tmp_path / "make.sh").write_text(SCRIPT.replace("$1", "$2").replace(":-7", ":-8"))
    run = simulated(capsys, dut, output)
    assert (run.status, run.text.count("generate: make.sh")) == (1, 1)
    other = str(ROOT / "examples" / "digits_w4a4")
    assert simulated(capsys, dut, output, model=other).text.count("generate: make.sh") == 1


def test_a_python_script_finds_the_package_and_its_tensors_are_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dut = described(tmp_path, PYTHON, ("make.sh", "make.py"), ("file: y.npy", "file: z.npy"))
    run = simulated(capsys, dut, tmp_path / "out")
    assert run.status == 0, run.text
    assert "z.npy" in run.text


def test_a_file_that_an_argument_names_is_handed_over_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = SCRIPT.replace("${1:-7}", '$(cat "$1")')
    dut = described(tmp_path, script, ("generate: make.sh", "generate: [make.sh, number.txt]"))
    (tmp_path / "number.txt").write_text("7")
    assert simulated(capsys, dut, tmp_path / "out").status == 0
    (tmp_path / "number.txt").write_text("6")
    assert simulated(capsys, dut, tmp_path / "out").status == 1


HEAD = "# /// script\n# dependencies = {}\n# ///\n"
REFUSED = {
    "no such script": (SCRIPT, [("make.sh", "[other.sh]")], "dut.yaml:2: generate: no file 'other.sh' beside this "),
    "no words": (SCRIPT, [("generate: make.sh", "generate: []")], "dut.yaml:2: generate: SCRIPT, or [SCRIPT, ARGUMENT"),
    "it fails": ("#!/bin/sh\necho no licence >&2\nexit 3\n", [], "make.sh ended with status 3: no licence (see "),
    "it says nothing": ("#!/bin/sh\nexit 1\n", [], "generate: make.sh ended with status 1: it said nothing (see "),
    "it is no program": ("neither\x00nor", [], "dut.yaml:2: generate: make.sh cannot be run: Exec format error"),
    "it writes nothing": ("#!/bin/sh\n", [], "make.sh wrote no file into the folder in which it was called"),
    "it does not write it": (
        "#!/bin/sh\n: >other.v\n",
        [],
        "dut.yaml:3: sources: no file 'tiny.v' beside this description, nor ",
    ),
    "it writes what is there": (
        SCRIPT + "cp tiny.v x.npy\n",
        [],
        "dut.yaml:10: file: 'x.npy' lies beside this description and is generated too",
    ),
    "a module that is not there": (
        "import no_such_thing\n",
        [("make.sh", "make.py")],
        "make.py needs the Python module no_such_thing; list its package at its head: # dependencies = [...]",
    ),
    "a head that is no TOML": (
        HEAD.format("numpy"),
        [("make.sh", "make.py")],
        "dut.yaml:2: generate: make.py: the block '# /// script' is no TOML: ",
    ),
    "a head that is no list": (
        HEAD.format("3"),
        [("make.sh", "make.py")],
        "make.py: dependencies is 3, a list of texts",
    ),
    "two heads": (
        HEAD.format("[]") + "x = 1\n" + HEAD.format("[]"),
        [("make.sh", "make.py")],
        "make.py has 2 blocks '# /// script'",
    ),
    "a package that cannot be": (
        HEAD.format('["./no such folder"]'),
        [("make.sh", "make.py")],
        "dut.yaml:2: generate: pip cannot install ./no such folder: ERROR: Invalid requirement: ",
    ),
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_generated_is_one_line(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)  # what is left of an environment goes to the output
    script, changes, wanted = REFUSED[case]
    text = refusal(described(tmp_path, script, *changes), tmp_path / "out")
    assert wanted in text, text
    assert "dut.yaml:" in text
    assert bool(list((tmp_path / "out").glob("generated/*/"))) == (": generate: " not in text)


def test_what_failed_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    licence = tmp_path / "licence"
    dut = described(tmp_path, SCRIPT.replace("set -e\n", f"set -e\ncat '{licence}'\n"))
    refusal(dut, tmp_path / "out")
    licence.write_text("")
    assert simulated(capsys, dut, tmp_path / "out").status == 0


def test_the_head_of_a_script(tmp_path: Path) -> None:
    script = tmp_path / "make.py"
    script.write_text("#!/usr/bin/env python3\n" + HEAD.format('[\n#   "a==1",\n#\n#   "b",\n# ]') + "x = 1\n")
    assert requirements(script) == ("a==1", "b")
    script.write_text("x = 1\n")
    assert requirements(script) == ()
    assert python_for((), tmp_path) == Path(sys.executable)


def test_an_environment_is_made_once_and_has_its_own_before_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A package of a folder, which takes no network; ours is found too."""
    source = tmp_path / "source"
    (source / "numpy").mkdir(parents=True)
    (source / "numpy" / "__init__.py").write_text("NAME = 'theirs'\n")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "theirs"\nversion = "1"\n'
    )
    (source / "backend.py").write_text(BACKEND)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)  # as if this Python had no environment: it goes to the output
    wanted = (f"theirs @ {source.as_uri()}",)
    before = distutils()
    python = python_for(wanted, tmp_path / "out")
    assert python.is_relative_to(tmp_path / "out")
    assert distutils() == before  # setuptools does not believe that pip runs in this process
    said = os.popen(f"{python} -c 'import numpy, yaml; print(numpy.NAME, yaml.__name__)'").read()
    assert said == "theirs yaml\n"
    assert capsys.readouterr().out.count("(once)") == 1
    assert python_for(wanted, tmp_path / "out") == python
    assert capsys.readouterr().out == ""
    python.unlink()
    assert python_for(wanted, tmp_path / "out").exists()


def distutils() -> str | None:
    """Whose it is: that of setuptools, unless setuptools believes that pip runs here."""
    spec = importlib.util.find_spec("distutils")
    return None if spec is None else spec.origin


BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    with zipfile.ZipFile(f"{folder}/theirs-1-py3-none-any.whl", "w") as out:
        out.write("numpy/__init__.py")
        out.writestr("theirs-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: theirs\\nVersion: 1\\n")
        out.writestr("theirs-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        out.writestr("theirs-1.dist-info/RECORD", "")
    return "theirs-1-py3-none-any.whl"
"""
