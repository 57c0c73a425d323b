"""A wheel in an empty environment does from an empty folder what a clone does, and holds no more than that takes."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from t2c.commands import COMMANDS
from tests.conftest import ROOT
from tests.installed import Environment, built, copy_sources, installed, names_in, unpacked_sdist

pytestmark = pytest.mark.slow
DEVELOPERS = ("tests", "formal", "mutation", "oracle", "benchmarks", "tools", "docs")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return built("wheel", copy_sources(folder / "sources"), folder)


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return installed(wheel, tmp_path_factory.mktemp("environment") / "venv", "sim", also=("pytest",))


def test_the_wheel_holds_the_rooms_and_no_room_of_developers(wheel: Path) -> None:
    names = names_in(wheel)
    outside = {name.partition("/")[0] for name in names}
    assert outside == {"t2c", next(name for name in outside if name.endswith(".dist-info"))}
    assert not {name for name in names if name.split("/")[1] in DEVELOPERS}
    inside = {name.removeprefix("t2c/") for name in names}
    for room, pattern in (
        ("rtl", "*.v"),
        ("rtl", "*.vh"),
        ("rtl", "filelist.f"),
        ("tb", "**/*.v"),
        ("tb", "**/*.vh"),
        ("tb", "**/*.yaml"),
        ("contract", "**/*.h"),
        ("examples", "digits_*/*"),
        ("examples", "accelerators/**/*"),
        ("examples", "byo_rtl/*"),
        ("examples", "byo_vit/*.py"),
        ("examples", "vit2/*"),
        ("examples", "experiments/*.yaml"),
        ("examples", "targets/*.yaml"),
        *((room, "**/*.py") for room in ("common", "golden", "contract", "mapping", "tb")),
    ):
        found = [path for path in (ROOT / room).glob(pattern) if path.is_file() and path.parent.name != "__pycache__"]
        wanted = {str(path.relative_to(ROOT)) for path in found}
        assert wanted or pattern.endswith(".h"), pattern
        assert wanted <= inside, pattern
    assert "py.typed" in inside


def test_every_file_of_a_room_is_in_the_wheel_or_left_out_on_purpose(wheel: Path) -> None:
    """Whatever kind of file a room gets next."""
    inside = {name.removeprefix("t2c/") for name in names_in(wheel)}
    large = {"examples/resnet20", "examples/mobilenet_v1", "examples/resnet18", "examples/resnet50", "examples/vit7"}
    for link in (ROOT / "t2c").iterdir():
        if link.is_symlink():
            for path in link.resolve().rglob("*"):
                name = path.relative_to(ROOT)
                if path.is_file() and "__pycache__" not in path.parts and str(name.parent) not in large:
                    assert str(name) in inside, name


def test_an_sdist_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    sdist = built("sdist", copy_sources(tmp_path / "sources"), tmp_path / "made")
    again = built("wheel", unpacked_sdist(sdist, tmp_path / "unpacked"), tmp_path / "made")
    assert names_in(again) == names_in(wheel)


def test_a_network_runs_from_an_empty_folder(environment: Environment, tmp_path: Path) -> None:
    where = environment.run(environment.python, "-c", "import t2c; print(t2c.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(environment.folder), where
    done = environment.run("t2c", "sim", "digits_w8a8", "--layer", "all", "--images", 1, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert re.search(r"^verdict +PASS$", done.stdout, re.MULTILINE)
    assert [path.name for path in tmp_path.iterdir()] == ["sim_build"]
    result = json.loads((tmp_path / "sim_build" / "digits_w8a8-all-icarus-8x8" / "result.json").read_text())
    assert result["replay"].startswith("t2c sim /")
    unit = environment.run("t2c", "sim", "digits_w8a8", "--unit", "mac_pe", cwd=tmp_path)
    assert re.search(r"^verdict +PASS$", unit.stdout, re.MULTILINE), unit


def test_every_command_explains_itself_without_pytorch(environment: Environment, tmp_path: Path) -> None:
    for name in COMMANDS:
        done = environment.run("t2c", name, "--help", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), done
    done = environment.run(environment.python, "-m", "t2c", "--version", cwd=tmp_path)
    assert re.fullmatch(r"t2c \d+\.\d+\.\d+\n", done.stdout), done


def test_the_regression_says_what_it_needs(environment: Environment, tmp_path: Path) -> None:
    done = environment.run("python", "-m", "t2c.tb.regress", "--list", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    assert done.stderr.endswith("is not installed; try: pip install 'torch2chip-cosim[regress]'\n")


def test_without_any_extra_roms_and_inspect_work(wheel: Path, tmp_path: Path) -> None:
    plain = installed(wheel, tmp_path / "venv")
    folder = tmp_path / "empty"
    folder.mkdir()
    assert plain.run("t2c", "roms", "digits_w4a4", "--out", "roms", "--formats", "hex", cwd=folder).returncode == 0
    assert (folder / "roms" / "manifest.json").is_file()
    assert "conv2d" in plain.run("t2c", "inspect", "digits_w4a4", cwd=folder).stdout
    model = plain.run("t2c", "sim", "digits_w4a4", "--layer", "all", "--backend", "model", "--images", 1, cwd=folder)
    assert re.search(r"^verdict +PASS$", model.stdout, re.MULTILINE), model
    call = "import t2c; print(t2c.simulate('digits_w4a4', layer='fc', simulator='model').passed)"
    assert plain.run("python", "-c", call, cwd=folder).stdout == "True\n"
    for words, extra in (
        (("t2c", "sim", "digits_w4a4", "--layer", "all"), "sim"),
        (("t2c", "train", "--model", "digits_cnn", "--data", "digits", "--out", "x"), "t2c"),
        (("t2c", "export", "digits_w4a4", "--formats", "onnx", "--out", "x"), "onnx"),
    ):
        refused = plain.run(*words, cwd=folder)
        assert (refused.returncode, refused.stdout) == (2, ""), refused
        assert refused.stderr.endswith(f"is not installed; try: pip install 'torch2chip-cosim[{extra}]'\n")
        assert refused.stderr.count("\n") == 1


@pytest.mark.campaign
def test_a_project_with_folders_of_our_names_runs_its_own_test(environment: Environment, tmp_path: Path) -> None:
    """Its packages have the names of our rooms, and of modules in them; ours must not see them, nor they ours."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "examples" / "byo_rtl", project)
    rooms = [link.name for link in (ROOT / "t2c").iterdir() if link.is_symlink()]
    for room in (*rooms, "tests", "formal"):
        (project / room / "units").mkdir(parents=True)
        for name in ("__init__", "errors", "units/__init__", "units/run"):
            (project / room / f"{name}.py").write_text("OWN = True\n")
    (project / "simulation.py").write_text("raise AssertionError('not yours')\n")
    imports = "".join(f"    import {room}.errors\n    assert {room}.errors.OWN\n" for room in rooms)
    (project / "test_own_folders.py").write_text(f"def test_own_folders():\n{imports}")
    done = environment.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout
    assert (project / "sim_build").is_dir()
