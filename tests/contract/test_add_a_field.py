"""A field of a step costs one line: in a copy of the project that gets one, core and schedule follow by themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from t2c.contract import pipeline
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

PLACE = "    blocks: int = _run("
NEW = '    spare: int = _run(kinds.COUNT, "nothing", 7)\n'
RUN = """
from pathlib import Path
from t2c.common.places import EXAMPLES
from t2c.contract import descriptor, pipeline
from t2c.contract.hardware import Hardware
from t2c.golden.graph.package import load_package
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator

package = load_package(EXAMPLES / "digits_w8a8")
core = Hardware(rows=8, cols=8, act_depth=1 << 10, wgt_depth=1 << 12, par_depth=1 << 8, prg_depth=1 << 12)
request = RunRequest(layer="fc", images=1)
result = cosimulate(package, package.name, request, core, find_simulator("icarus"), Path("sim_build").resolve())
assert result.passed, result.reasons
assert result.figures["compared"] == 10
assert result.figures["cycles"] == result.figures["expected_cycles"]
print(descriptor.DESCRIPTOR_WORDS, pipeline.FETCH)
"""


def test_one_line_in_the_contract_is_a_field(tmp_path: Path) -> None:
    """In the middle of the step, so that every word after it moves."""
    for room in sorted(path.name for path in (ROOT / "t2c").iterdir() if path.is_symlink()):
        shutil.copytree(ROOT / room, tmp_path / room)
    shutil.copytree(ROOT / "t2c", tmp_path / "t2c", symlinks=True)
    shutil.copytree(ROOT / "docs" / "units", tmp_path / "docs" / "units")
    for path in ROOT.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copy(path, tmp_path)
    declared = tmp_path / "contract" / "descriptor.py"
    text = declared.read_text()
    assert text.count(PLACE) == 1
    declared.write_text(text.replace(PLACE, NEW + PLACE))

    def python(*arguments: str, status: int = 0) -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        command = [sys.executable, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    generate = ("-m", "t2c.contract.generate")
    stale = python(*generate, "--check", status=1)
    made = ("rtl/descriptor.vh", "rtl/port_widths.vh", "contract/include/t2c_core.h", "docs/units/program.md")
    assert all(f"{name}: not up to date\n" in stale for name in made), stale
    python(*generate)
    python(*generate, "--check")
    assert python("-c", RUN).split()[-2:] == [str(DESCRIPTOR_WORDS + 1), str(pipeline.FETCH + 1)]
