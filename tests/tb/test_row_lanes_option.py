"""ROW_LANES of the commands: what the network needs unless it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from t2c.api import hardware_for
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import save_package
from t2c.rom_folder.__main__ import main as roms
from t2c.tb.__main__ import main as sim
from tests.core_net import core_package
from tests.mapping.test_row_refusals import NO_ROWS
from tests.row_net import row_package


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("rows") / "rows"
    save_package(row_package(), where)
    return where


def run(folder: Path, output: Path, *options: str) -> int:
    given = ["--model", str(folder), "--layer", "all", "--backend", "model", "--images", "1", "--out", str(output)]
    return sim([*given, *options])


def lanes(output: Path) -> int:
    (result,) = output.glob("*/result.json")
    found: int = json.loads(result.read_text())["hardware"]["row_lanes"]
    return found


@pytest.mark.parametrize(("options", "wanted"), [((), 2), (("--cols", "1"), 1), (("--row-lanes", "8"), 8)])
def test_sim(options: tuple[str, ...], wanted: int, folder: Path, tmp_path: Path) -> None:
    assert run(folder, tmp_path, *options) == 0
    assert lanes(tmp_path) == wanted


def test_sim_of_a_network_without_rows(tmp_path: Path) -> None:
    save_package(core_package(), tmp_path / "plain")
    assert run(tmp_path / "plain", tmp_path / "out") == 0
    assert lanes(tmp_path / "out") == 0


def test_sim_without_row_engine(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError) as found:
        run(folder, tmp_path, "--row-lanes", "0")
    assert str(found.value) == f"layer 'few': {NO_ROWS}"


def test_roms(folder: Path, tmp_path: Path) -> None:
    """The image of the tables, and the lanes that the core is to have."""
    assert roms(["--model", str(folder), "--out", str(tmp_path / "roms")]) == 0
    record = json.loads((tmp_path / "roms" / "manifest.json").read_text())
    assert record["core"]["parameters"]["ROW_LANES"] == 2
    assert record["core"]["words_used"]["TBL_DEPTH"] == 512
    assert "core_tables" in {image["name"] for image in record["images"]}


def test_hardware_of_the_api() -> None:
    assert hardware_for(row_package()).row_lanes == 2
    assert hardware_for(row_package(), cols=1).row_lanes == 1
    assert hardware_for(row_package(), row_lanes=8).row_lanes == 8
    assert hardware_for(core_package()).row_lanes == 0
