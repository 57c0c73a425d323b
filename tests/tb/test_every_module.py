"""No module of rtl/ is without a bench or a proof of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

from t2c.common.places import RTL
from t2c.tb.catalogue.unit_registry import units
from tests.conftest import ROOT

WHOLE = "t2c_core"
"""The core itself: its bench is tb/cosim/core_tests.py, in the harness around it."""


def modules(rtl: Path) -> list[str]:
    return sorted(path.stem for path in rtl.glob("*.v"))


def unchecked(rtl: Path) -> list[str]:
    """Modules that neither a bench nor a proof is about."""
    known = {name for name, unit in units().items() if unit.rtl == RTL and (unit.runs or unit.proofs)}
    return [name for name in modules(rtl) if name not in known | {WHOLE}]


def test_every_module_has_a_bench_or_a_proof() -> None:
    assert unchecked(RTL) == []
    assert f"{WHOLE} #(" in (ROOT / "tb" / "hdl" / "core_harness.v").read_text()
    assert (ROOT / "tb" / "cosim" / "core_tests.py").is_file()


def test_a_module_without_either_is_named(tmp_path: Path) -> None:
    rtl = shutil.copytree(RTL, tmp_path / "rtl")
    (rtl / "new_module.v").write_text("module new_module; endmodule\n")
    assert unchecked(rtl) == [*unchecked(RTL), "new_module"]


def test_the_catalogue_names_no_module_that_is_not_there() -> None:
    assert {name for name, unit in units().items() if unit.rtl == RTL} <= set(modules(RTL))
    assert set(modules(RTL)) == {Path(name).stem for name in (RTL / "filelist.f").read_text().split()}
