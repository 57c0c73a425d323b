"""A field of a step costs one line: in a copy of the project that gets one, core and schedule follow by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from t2c.contract import pipeline
from t2c.contract.descriptor import DESCRIPTOR_WORDS
from tests.contract.project_copy import ProjectCopy

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
    copy = ProjectCopy(tmp_path)
    copy.replace("contract/descriptor.py", (PLACE, NEW + PLACE))
    generate = ("-m", "t2c.contract.generate")
    stale = copy.python(*generate, "--check", status=1)
    made = ("rtl/descriptor.vh", "rtl/port_widths.vh", "contract/include/t2c_core.h", "docs/units/program.md")
    assert all(f"{name}: not up to date\n" in stale for name in made), stale
    copy.python(*generate)
    copy.python(*generate, "--check")
    assert copy.python("-c", RUN).split()[-2:] == [str(DESCRIPTOR_WORDS + 1), str(pipeline.FETCH + 1)]
