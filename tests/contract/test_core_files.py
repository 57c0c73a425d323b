"""FuseSoC and Bender get every file of the core, in order, and every parameter with the default of the RTL."""

from __future__ import annotations

import re
import tomllib

import yaml

from t2c.contract.hardware import Hardware
from tests.conftest import ROOT

FILES = (ROOT / "rtl" / "filelist.f").read_text().split()
CORE = yaml.safe_load((ROOT / "rtl" / "t2c_core.core").read_text().removeprefix("CAPI=2:\n"))
BENDER = yaml.safe_load((ROOT / "Bender.yml").read_text())


def test_fusesoc_has_every_source_and_every_header() -> None:
    assert (ROOT / "rtl" / "t2c_core.core").read_text().startswith("CAPI=2:\n")
    files = CORE["filesets"]["rtl"]["files"]
    assert [name for name in files if isinstance(name, str)] == FILES
    included = {name: options for entry in files if isinstance(entry, dict) for name, options in entry.items()}
    assert included == {path.name: {"is_include_file": True} for path in (ROOT / "rtl").glob("*.vh")}


def test_fusesoc_has_every_parameter_with_its_default() -> None:
    text = (ROOT / "rtl" / "t2c_core.v").read_text()
    verilog = dict(re.findall(r"^    parameter (\w+) += ([^,/]+?),? *(?://.*)?$", text, re.MULTILINE))
    fixed = {"SHIFT_W", "S_W"}  # the same in every build, and what follows from others
    parameters = CORE["parameters"]
    assert parameters.keys() == verilog.keys() - fixed
    numbers = {name: entry["default"] for name, entry in parameters.items() if entry["datatype"] == "int"}
    assert numbers == Hardware().parameters()
    assert {name: int(verilog[name]) for name in numbers} == numbers
    assert all(entry["paramtype"] == "vlogparam" and entry["description"] for entry in parameters.values())
    for target in CORE["targets"].values():
        assert target["toplevel"] == "t2c_core"
        assert sorted(target["parameters"]) == sorted(parameters)
        assert target["filesets"] == ["rtl"]


def test_the_version_is_that_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert CORE["name"] == f"torch2chip:cosim:t2c_core:{version}"


def test_bender_has_every_source_in_order() -> None:
    assert BENDER["package"] == {"name": "t2c_core"}
    assert BENDER["sources"] == [{"include_dirs": ["rtl"], "files": [f"rtl/{name}" for name in FILES]}]
