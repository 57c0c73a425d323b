"""No module of rtl/ is without a bench or a proof of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from t2c.common.places import RTL
from t2c.contract.operations import ROW_STEPS
from t2c.tb.catalogue.unit_registry import units
from t2c.tb.random_programs.builds import BUILDS
from t2c.tb.random_programs.campaign import FIELDS, RANDOM, case_of, cases, program_of
from t2c.tb.simulation.simulators import ICARUS, VERILATOR
from tests.conftest import ROOT

WHOLE = "t2c_core"
"""The core itself: its bench is tb/cosim/core_tests.py, in the harness around it."""
IN_PROGRAMS = {"row_engine": ROW_STEPS}
"""Modules that only connect others; programs of these steps run them inside the core, every word and cycle compared."""


def modules(rtl: Path) -> list[str]:
    return sorted(path.stem for path in rtl.glob("*.v"))


def unchecked(rtl: Path) -> list[str]:
    """Modules that neither a bench nor a proof nor a program is about."""
    known = {name for name, unit in units().items() if unit.rtl == RTL and (unit.runs or unit.proofs)}
    return [name for name in modules(rtl) if name not in known | {WHOLE, *IN_PROGRAMS}]


def test_every_module_has_a_bench_or_a_proof() -> None:
    assert unchecked(RTL) == []
    assert f"{WHOLE} #(" in (ROOT / "tb" / "hdl" / "core_harness.v").read_text()
    assert (ROOT / "tb" / "cosim" / "core_tests.py").is_file()


@pytest.mark.parametrize("name", IN_PROGRAMS)
def test_a_module_without_either_runs_in_random_programs(name: str) -> None:
    """On Verilator in the midst of others, on Icarus with resets; the programs of fields have each class of theirs."""
    assert f"{name} #(" in (RTL / f"{WHOLE}.v").read_text()
    assert not {f"program-{kind}-odd-1" for kind in (RANDOM, FIELDS)} - {case.id for case in cases(1, VERILATOR)}
    assert "program-events-odd-1" in {case.id for case in cases(1, ICARUS)}
    assert BUILDS["odd"].row_lanes
    program = program_of(case_of("program-random-odd-1"), np.random.default_rng(1))
    assert set(IN_PROGRAMS[name]) <= {step.op for step in program.steps}


def test_a_module_without_either_is_named(tmp_path: Path) -> None:
    rtl = shutil.copytree(RTL, tmp_path / "rtl")
    (rtl / "new_module.v").write_text("module new_module; endmodule\n")
    assert unchecked(rtl) == [*unchecked(RTL), "new_module"]


def test_the_catalogue_names_no_module_that_is_not_there() -> None:
    assert {name for name, unit in units().items() if unit.rtl == RTL} <= set(modules(RTL))
    assert set(modules(RTL)) == {Path(name).stem for name in (RTL / "filelist.f").read_text().split()}
