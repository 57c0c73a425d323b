"""A kind of node from outside the tree (tests/plugins/channel_gain) does all that ours do, on the RTL too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.slow
PLUGINS = ROOT / "tests" / "plugins"
Done = subprocess.CompletedProcess[str]


def call(*words: object, plugins: str, folder: Path = PLUGINS) -> Done:
    """Run Python where plug-ins of a folder can be imported."""
    path = os.pathsep.join((str(ROOT), str(folder), str(PLUGINS)))
    environment = os.environ | {"PYTHONPATH": path, "T2C_PLUGINS": plugins}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written by a process that knows the node."""
    path = tmp_path_factory.mktemp("plugin") / "examples" / "gained"
    done = call(PLUGINS / "write_package.py", path, plugins="channel_gain")
    assert done.returncode == 0, done.stderr
    return path


def test_the_package_holds_it(package: Path) -> None:
    nodes = json.loads((package / "graph.json").read_text())["nodes"]
    (node,) = (node for node in nodes if node["op"] == "channel_gain")
    assert node["weight"] == "gain.weight"
    assert list(node) == ["name", "op", "inputs", "output", "weight_bits", "weight", "mulquant"]


def test_without_the_plugin_it_is_refused_in_one_line(package: Path) -> None:
    done = call("-m", "t2c", "inspect", package, plugins="")
    assert done.returncode == 2
    assert done.stderr == (
        "error: node 'gain': field 'op' = 'channel_gain' is not one of conv2d, linear, matmul, add, average_pool2d, "
        "add_constant, max_pool2d, flatten, reshape, transpose, slice, concat, concat_constant, softmax, pointwise, "
        "interpolate, multi_threshold, layer_norm\n"
    )


def test_an_installed_distribution_needs_no_variable(package: Path, tmp_path: Path) -> None:
    """What pip leaves behind: a folder that names the entry point."""
    info = tmp_path / "gains-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gains\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[t2c.plugins]\nchannel_gain = channel_gain\n")
    done = call("-m", "t2c", "inspect", package, plugins="", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "channel_gain" in done.stdout
    (info / "entry_points.txt").write_text("[t2c.plugins]\nlost = no_such_module\n")
    done = call("-m", "t2c", "inspect", package, plugins="", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error: plug-in 'lost' = 'no_such_module' cannot be imported: ModuleNotFoundError")


def test_the_report_counts_it(package: Path) -> None:
    done = call("-m", "t2c", "inspect", package, "--json", plugins="channel_gain")
    (layer,) = (one for one in json.loads(done.stdout)["layers"] if one["name"] == "gain")
    figures = {name: layer[name] for name in ("operation", "macs", "weights", "constants", "weight_bits")}
    assert figures == {"operation": "channel_gain", "macs": 180, "weights": 6, "constants": 18, "weight_bits": 5}


def test_its_constants_are_rom_images(package: Path, tmp_path: Path) -> None:
    done = call("-m", "t2c", "roms", package, "--out", tmp_path / "roms", "--formats", "hex", plugins="channel_gain")
    assert done.returncode == 0, done.stderr
    images = json.loads((tmp_path / "roms" / "manifest.json").read_text())["images"]
    held = [part for image in images for part in image.get("parts", ()) if part["layer"] == "gain"]
    assert [(part["words"], part["axes"]) for part in held] == [(6, "O")] * 4


def test_golden_equals_its_counterpart(package: Path) -> None:
    code = f"""
import numpy as np
from oracle.counterpart import compute
from t2c.golden.graph.package import load_package
package = load_package({str(package)!r})
for node, arguments, output in package.graph.steps(package.samples):
    assert np.array_equal(output, compute(node, arguments, package.graph.inputs_of(node))), node.name
print(node.name)
"""
    done = call("-c", code, plugins="channel_gain,channel_gain.counterpart")
    assert (done.returncode, done.stdout) == (0, "y\n"), done.stderr


def test_make_oracle_compares_it() -> None:
    words = ("-m", "oracle", "--only", "channel_gain*", "--cases", "500")
    done = call(*words, plugins="channel_gain,channel_gain.counterpart")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "channel_gain/plain" in done.stdout
    assert "verdict  PASS" in done.stdout
    assert "matches no check" in call(*words, plugins="").stderr


@pytest.mark.sample(3)
@pytest.mark.parametrize("layer", ["all", "gain"])
def test_it_runs_on_the_rtl(package: Path, sim_output: Path, layer: str) -> None:
    words = ("--layer", layer, "--rows", "4", "--cols", "4", "--images", "2", "--out", sim_output)
    done = call("-m", "t2c", "sim", package, *words, plugins="channel_gain")
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (line.split() for line in done.stdout.splitlines() if line.startswith("gain "))
    assert line[1:5] == ["channel_gain", "6x6x5", "360", "0"]


def test_it_runs_on_the_model_of_the_core(package: Path) -> None:
    words = ("--layer", "all", "--rows", "4", "--cols", "4", "--images", "2", "--backend", "model")
    done = call("-m", "t2c", "sim", package, *words, plugins="channel_gain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert any(line.split()[:2] == ["gain", "channel_gain"] for line in done.stdout.splitlines())


def test_a_wrong_lowering_fails_on_the_rtl(package: Path, sim_output: Path, tmp_path: Path) -> None:
    """The core is held to the plug-in's golden."""
    shutil.copytree(PLUGINS / "channel_gain", tmp_path / "channel_gain")
    lowering = tmp_path / "channel_gain" / "lowering.py"
    right, wrong = "node.weight.reshape(-1, 1, 1)", "node.weight[::-1].reshape(-1, 1, 1)"
    assert right in lowering.read_text()
    lowering.write_text(lowering.read_text().replace(right, wrong))
    words = ("--layer", "gain", "--rows", "4", "--cols", "4", "--images", "1", "--out", sim_output)
    done = call("-m", "t2c", "sim", package, *words, plugins="channel_gain", folder=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr


def test_it_is_exported_as_c(package: Path, tmp_path: Path) -> None:
    done = call("-m", "t2c", "export", package, "--formats", "c", "--out", tmp_path, plugins="channel_gain")
    assert done.returncode == 0, done.stderr
    assert " images equal, compiled by " in done.stdout


def test_regressions_and_coverage_know_it(package: Path) -> None:
    done = call(PLUGINS / "jobs_and_bins.py", package.parent, plugins="channel_gain")
    assert (done.returncode, done.stdout) == (0, "all conv gain y\n1\n"), done.stderr


def test_two_plugins_cannot_take_one_operation(tmp_path: Path) -> None:
    """The second is refused in one line that names both, and so is one that takes an operation of ours."""
    text = (PLUGINS / "channel_gain" / "node.py").read_text()
    (tmp_path / "thief.py").write_text(text)
    (tmp_path / "pirate.py").write_text(text.replace('= "channel_gain"', '= "conv2d"'))
    for plugins, said in (
        ("channel_gain,thief", "kind of node 'channel_gain' of thief.ChannelGain: channel_gain.node.ChannelGain has"),
        ("pirate", "kind of node 'conv2d' of pirate.ChannelGain: t2c.golden.nodes.conv2d.Conv2d has"),
    ):
        done = call("-m", "t2c", "inspect", "digits_w8a8", plugins=plugins, folder=tmp_path)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert said in done.stderr
