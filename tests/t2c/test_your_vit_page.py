"""docs/your_vit.md, followed as it is printed: a ViT in a file that the repository does not have, to a verdict."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
from test_command_train import run

from t2c.golden.graph.package import load_package
from tests.conftest import ROOT
from tests.docs.pages import actions

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs" / "your_vit.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the file of the page, and the first package that the page makes of it."""
    path = tmp_path_factory.mktemp("page")
    file = next(action.text for action in actions(PAGE) if action.python)
    (path / "my_vit.py").write_text(file)
    commands = [action.text for action in actions(PAGE) if action.text.startswith("t2c ")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        for text in commands[:2]:
            assert run(*text.split()[1:]) == 0, text
    return path


def test_the_package_is_as_good_as_the_float_network(folder: Path) -> None:
    package = load_package(folder / "packages" / "my_vit")
    assert package.metrics["accuracy_float"] > 0.9
    assert package.metrics["accuracy_integer"] > package.metrics["accuracy_float"] - 0.02
    assert {node.op for node in package.graph.nodes} >= {"layer_norm", "softmax", "matmul", "pointwise"}


RUNS = [("icarus", 8, 8), ("icarus", 8, 4), ("verilator", 16, 16)]


@pytest.mark.sample(3)
@pytest.mark.parametrize(("simulator", "rows", "cols"), RUNS)
def test_the_core_runs_it(simulator: str, rows: int, cols: int, folder: Path) -> None:
    package = load_package(folder / "packages" / "my_vit")
    words = ["--model", str(folder / "packages" / "my_vit"), "--layer", "all", "--images", "1", "--sim", simulator]
    command = [sys.executable, "-m", "t2c.tb", *words, "--rows", str(rows), "--cols", str(cols)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line.strip()}
    assert table["verdict"][1] == "PASS"
    for node in package.graph.nodes:
        if node.moves_data:
            assert (table[node.name][1], table[node.name][4]) == (node.op, "0"), table[node.name]
            # Parts of a join are in their places: patches are compared as such, the token comes from the host.
            shape = (0,) if node.op == "concat_constant" else package.graph.edges[node.output].shape
            assert int(table[node.name][3].replace(",", "")) == math.prod(shape)
