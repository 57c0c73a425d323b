"""Plug-ins and registries: what is found by name, from where, and what is said where it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from t2c.common import plugins
from t2c.common.command import USER_ERROR, run
from t2c.common.errors import UserError
from t2c.common.plugins import load_plugins
from t2c.common.registry import Registry
from tests.conftest import ROOT

Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write modules that can be imported and are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(plugins, "_loaded", set())
    written: list[str] = []

    def write_module(name: str, text: str) -> None:
        path = tmp_path / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        written.append(name)

    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    return write_module


@pytest.fixture
def shelf(write: Write) -> Registry[type]:
    """A registry whose home has two files."""
    write("shelf_home.__init__", "")
    register = "from shelf_registry import shelf\n\n\n@shelf({0!r})\nclass {1}: ...\n"
    write(
        "shelf_registry", "from t2c.common.registry import Registry\nshelf = Registry('a kind of thing', 'shelf_home')"
    )
    write("shelf_home.second", register.format("second", "Second"))
    write("shelf_home.first", register.format("first", "First"))
    from shelf_registry import shelf  # type: ignore[import-not-found]

    return shelf  # type: ignore[no-any-return]


def test_ours_are_found_and_plugins_only_asked_for_others(
    shelf: Registry[type], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T2C_PLUGINS", "no_such_module")
    assert shelf.find("second").__name__ == "Second"  # type: ignore[union-attr]
    with pytest.raises(UserError, match=r"^T2C_PLUGINS: module 'no_such_module' cannot be imported: ModuleNotFound"):
        shelf.find("third")


@pytest.mark.parametrize("separator", [",", os.pathsep, f" , {os.pathsep}"])
def test_others_are_found(shelf: Registry[type], write: Write, monkeypatch: pytest.MonkeyPatch, separator: str) -> None:
    for name in ("alpha", "omega"):
        write(f"plug_{name}", f"from shelf_registry import shelf\n@shelf({name!r})\nclass Thing: ...\n")
    monkeypatch.setenv("T2C_PLUGINS", f"plug_omega{separator}plug_alpha{separator}")
    assert shelf.names() == ("first", "second", "alpha", "omega")
    assert shelf.find("omega").__module__ == "plug_omega"  # type: ignore[union-attr]
    assert shelf.find("third") is None


def test_an_entry_point_is_loaded(shelf: Registry[type], write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("plug_entry", "from shelf_registry import shelf\n@shelf('entered')\nclass Thing: ...\n")
    entry = metadata.EntryPoint(name="mine", value="plug_entry", group=plugins.GROUP)
    monkeypatch.setattr(plugins, "_entry_points", lambda: (entry,))
    assert "entered" in shelf.names()
    broken = metadata.EntryPoint(name="yours", value="plug_none", group=plugins.GROUP)
    monkeypatch.setattr(plugins, "_entry_points", lambda: (broken,))
    with pytest.raises(UserError, match=r"^plug-in 'yours' = 'plug_none' cannot be imported"):
        load_plugins()


@pytest.mark.parametrize("name", ["first", "alpha"])
def test_a_name_belongs_to_one_module(
    shelf: Registry[type], write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write("plug_alpha", "from shelf_registry import shelf\n@shelf('alpha')\nclass Thing: ...\n")
    write("plug_thief", f"from shelf_registry import shelf\n@shelf({name!r})\nclass Thing: ...\n")
    monkeypatch.setenv("T2C_PLUGINS", "plug_alpha,plug_thief")
    with pytest.raises(UserError, match=rf"a kind of thing '{name}' of plug_thief.Thing: .* has registered the name"):
        shelf.names()
    assert shelf.find(name).__module__ != "plug_thief"  # type: ignore[union-attr]


def test_a_module_that_is_imported_anew_replaces_its_own(shelf: Registry[type]) -> None:
    before = shelf.find("first")
    del sys.modules["shelf_home.first"]
    import shelf_home.first  # type: ignore[import-not-found] # noqa: F401

    assert shelf.find("first") is not before
    assert shelf.names() == ("first", "second")


def test_an_entry_must_know_where_it_was_written(shelf: Registry[type]) -> None:
    with pytest.raises(TypeError, match="a kind of thing 'third': 3 is neither a class nor a function"):
        shelf.register("third", 3)  # type: ignore[arg-type]


def test_a_plugin_that_fails_is_tried_again(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("plug_late", "raise RuntimeError('not today')\n")
    monkeypatch.setenv("T2C_PLUGINS", "plug_late")
    for _ in range(2):
        with pytest.raises(UserError, match="module 'plug_late' cannot be imported: RuntimeError: not today"):
            load_plugins()
    write("plug_late", "value = 1\n" + 20 * "#\n")
    assert load_plugins() == ("T2C_PLUGINS: module 'plug_late'",)


def test_a_plugin_that_ends_the_process_has_not_ended_well(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A command that did nothing must not leave with the status of one that has passed."""
    write("plug_exit", "import sys\nsys.exit(0)\n")
    monkeypatch.setenv("T2C_PLUGINS", "plug_exit")
    with pytest.raises(SystemExit) as left:
        run(lambda: 0)
    assert left.value.code == USER_ERROR
    assert capsys.readouterr().err == "error: T2C_PLUGINS: module 'plug_exit' cannot be imported: SystemExit: 0\n"


@pytest.mark.parametrize("module", ["t2c", "t2c.tb", "t2c.rom_folder"])
def test_a_command_says_in_one_line_which_plugin_fails(module: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "T2C_PLUGINS": "no_such_module"}
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "error: T2C_PLUGINS: module 'no_such_module' cannot be imported: "
        "ModuleNotFoundError: No module named 'no_such_module'; is its folder on PYTHONPATH?"
    ]
