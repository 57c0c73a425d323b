"""`t2c`: one command line for all steps, options from flags and from YAML, every mistake one line and status 2."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from t2c.__main__ import main
from t2c.commands import COMMANDS, CommandParser, load_command
from t2c.commands.config import ConfigError, options_of
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

HIDE = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if any(f"{{name}}.".startswith(f"{{hidden}}.") for hidden in {hidden!r}):
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
from t2c.__main__ import entry
try:
    entry()
finally:
    print("loaded:", *sorted({{"torch", "cocotb", "yaml", "PIL", "sklearn"}} & set(sys.modules)), file=sys.stderr)
"""


def t2c(
    *words: object, hidden: Sequence[str] = (), cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the console script's function in a process where some modules are not installed; stderr ends with a line
    of the heavy modules that were loaded."""
    return subprocess.run(
        [sys.executable, "-c", HIDE.format(hidden=tuple(hidden)), *map(str, words)],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write(folder: Path, text: str) -> Path:
    path = folder / "experiment.yaml"
    path.write_text(text)
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line by which argparse refuses."""
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
    said = capsys.readouterr()
    assert (caught.value.code, said.out, said.err.count("\n")) == (2, "", 1), said
    return said.err


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    done = t2c("--help", hidden=("torch", "cocotb", "cocotb_tools", "yaml", "sklearn", "PIL"))
    assert (done.returncode, done.stderr) == (0, "loaded:\n")
    for name in COMMANDS:
        assert f"{load_command(name).HELP[:30]}" in done.stdout, name


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_module_keeps_the_contract(name: str) -> None:
    module = load_command(name)
    assert name == module.NAME
    assert module.HELP
    parser = CommandParser("t2c")
    assert module.configure(parser) is None
    for key, action in options_of(parser).items():
        assert key == key.lower()
        assert action.help, f"{name} {key}"
    assert "config" not in options_of(parser)
    assert {"inspect", "sim", "roms"} <= set(COMMANDS)


def test_inspect_and_roms_load_neither_torch_nor_a_simulator(tmp_path: Path) -> None:
    gone = ("torch", "cocotb", "cocotb_tools", "yaml")
    done = t2c("inspect", "digits_w4a4", hidden=gone)
    assert (done.returncode, done.stderr) == (0, "loaded:\n")
    done = t2c("roms", "digits_w4a4", "--out", tmp_path, "--formats", "hex", hidden=gone)
    assert (done.returncode, done.stderr) == (0, "loaded:\n")
    assert (tmp_path / "tensors" / "weight_s4.hex").is_file()


def test_roms_writes_what_make_roms_writes(tmp_path: Path) -> None:
    rest = ("--formats", "hex", "--rows", "4", "--cols", "2")
    assert main(["roms", "digits_w4a4", "--out", str(tmp_path / "a"), *rest]) == 0
    command = [sys.executable, "-m", "t2c.rom_folder", "--model", "digits_w4a4", "--out", str(tmp_path / "b"), *rest]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    files = {p.relative_to(tmp_path / "a"): p.read_bytes() for p in (tmp_path / "a").rglob("*") if p.is_file()}
    again = {p.relative_to(tmp_path / "b"): p.read_bytes() for p in (tmp_path / "b").rglob("*") if p.is_file()}
    assert files == again
    assert len(files) > 10


def test_sim_runs_a_layer_from_any_directory(tmp_path: Path, sim_output: Path) -> None:
    words = ("sim", "digits_w4a4", "--layer", "fc", "--images", "1", "--out", sim_output)
    done = t2c(*words, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "loaded: cocotb\n")
    assert done.stdout.endswith("verdict  PASS\n")


def test_sim_lists_what_make_sim_lists(capsys: pytest.CaptureFixture[str]) -> None:
    from t2c.tb.__main__ import main as sim

    assert main(["sim", "digits_w4a4"]) == 0
    mine = capsys.readouterr().out
    assert sim(["--model", "digits_w4a4"]) == 0
    assert capsys.readouterr().out == mine


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", "error: the following arguments are required: COMMAND"),
        ("simulate", "error: COMMAND: invalid choice: 'simulate' (choose from "),
        ("--config x.yaml", "error: "),
        ("inspect", "error: the following arguments are required: package"),
        ("inspect digits_w4a4 --jso", "error: unrecognized arguments: --jso"),
        ("roms", "error: the following arguments are required: package, --out"),
        ("roms here", "error: the following arguments are required: --out"),
        ("roms p --out x --rows 1.5", "error: --rows: invalid int value: '1.5'"),
        ("roms p --out x --model digits_w4a4", "error: unrecognized arguments: --model digits_w4a4"),
        ("roms p --out x --config", "error: --config: expected one argument"),
        ("sim p --rows", "error: --rows: expected one argument"),
    ],
)
def test_arguments_that_are_refused(capsys: pytest.CaptureFixture[str], words: str, wanted: str) -> None:
    assert refused(capsys, *words.split()).startswith(wanted)


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("inspect nowhere", "error: PACKAGE = 'nowhere' is not a package directory; the examples are digits_2of4, "),
        ("sim digits_w4a4 --layer nope", "error: no layer 'nope' in digits_w4a4; it has conv1, "),
        ("sim digits_w8a8 --layer fc --sim nope", "error: --sim = 'nope' is not one of icarus, verilator"),
        ("sim p --config nowhere.yaml", "error: [Errno 2] No such file or directory: 'nowhere.yaml'"),
    ],
)
def test_mistakes_that_show_later_are_one_line_too(words: str, wanted: str) -> None:
    done = t2c(*words.split())
    line, loaded, *rest = done.stderr.splitlines()
    assert (done.returncode, done.stdout, rest) == (2, "", [])
    assert line.startswith(wanted)
    assert loaded.startswith("loaded:")


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("words", "hidden", "wanted"),
    [
        (
            "sim digits_w8a8 --layer fc",
            "cocotb cocotb_tools",
            "is not installed; try: pip install 'torch2chip-cosim[sim]'",
        ),
        ("roms p --out x --config x.yaml", "yaml", "yaml is not installed; try: pip install PyYAML"),
    ],
)
def test_what_is_not_installed(words: str, hidden: str, wanted: str) -> None:
    done = t2c(*words.split(), hidden=hidden.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0].endswith(wanted)
    assert done.stderr.count("\n") == 2


def test_a_module_of_our_own_that_is_missing_is_no_mistake_of_the_user() -> None:
    done = t2c("roms", "p", "--out", "x", hidden=("t2c.rom_folder",))
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_command_runs_from_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path, f"package: digits_w4a4\nroms: {{out: {tmp_path}/roms, formats: dec}}\ninspect: {{json: true}}"
    )
    assert main(["inspect", "--config", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "digits_w4a4"
    assert main(["roms", f"--config={path}", "--rows", "4", "--cols", "4"]) == 0
    assert "core: 6 images, each re-read and equal" in capsys.readouterr().out
    assert (tmp_path / "roms" / "tensors" / "weight_s4.dec").is_file()
    assert json.loads((tmp_path / "roms" / "manifest.json").read_text())["core"]["parameters"]["ROWS"] == 4


def test_a_file_is_checked_and_used_without_what_its_other_sections_need(tmp_path: Path) -> None:
    missing = ("cocotb", "cocotb_tools", "torch", "sklearn", "PIL", "onnx", "tqdm")
    path = write(tmp_path, "package: digits_w4a4\nlayer: fc\nsim: {images: 2}\ntrain: {epochs: 3}\n")
    done = t2c("inspect", "--config", path, hidden=missing)
    assert (done.returncode, done.stderr) == (0, "loaded: yaml\n")
    path = write(tmp_path, "package: digits_w4a4\nlayer: fc\nsim: {whatever: 1}\n")
    done = t2c("inspect", "--config", path, hidden=missing)
    assert done.returncode == 2
    assert "sim.whatever: unknown key" in done.stderr


def test_the_sections_of_all_commands_are_checked_before_one_runs(tmp_path: Path) -> None:
    """A mistake in a later step shows before the hours of an earlier one."""
    for text, wanted in {
        "package: digits_w4a4\nexport: {sampels: 2}": "export.sampels: unknown key; did you mean samples?",
        "package: digits_w4a4\nsim: {rows: eight}": "sim.rows: invalid int value: 'eight'",
    }.items():
        path = write(tmp_path, text)
        with pytest.raises(ConfigError, match=wanted):
            main(["inspect", "--config", str(path)])


def test_a_refused_file_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = t2c("roms", "p", "--out", tmp_path, "--config", write(tmp_path, "a: [\n  b: {\n"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {tmp_path}/experiment.yaml: line 3, column 1: ")
    assert done.stderr.count("\n") == 2
