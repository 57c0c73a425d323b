"""examples/byo_vit: DeiT-tiny in a file that needs torch alone, and the script that makes a package of it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

from t2c.golden.graph.package import load_package
from tests.conftest import ROOT

FOLDER = ROOT / "examples" / "byo_vit"


@pytest.fixture
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("deit_tiny", FOLDER / "deit_tiny.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_it_has_the_sizes_and_names_of_deit_tiny(module: ModuleType) -> None:
    model = module.VisionTransformer()
    assert sum(parameter.numel() for parameter in model.parameters()) == 5_717_416
    shapes = {name: tuple(values.shape) for name, values in model.state_dict().items()}
    assert len(shapes) == 152
    assert shapes["pos_embed"] == (1, 197, 192)
    assert shapes["patch_embed.proj.weight"] == (192, 3, 16, 16)
    assert shapes["blocks.11.attn.qkv.weight"] == (576, 192)
    assert shapes["blocks.0.mlp.fc1.weight"] == (768, 192)
    assert module.VisionTransformer(size=32, depth=1)(torch.zeros(1, 3, 32, 32)).shape == (1, 1000)


@pytest.mark.campaign
@pytest.mark.slow
def test_the_script_makes_a_package(tmp_path: Path) -> None:
    """Five tokens and one block, from another folder than the script's."""
    command = [sys.executable, str(FOLDER / "make_package.py"), "--out", "deit", "--depth", "1", "--size", "32"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("written deit: ")
    graph = load_package(tmp_path / "deit").graph
    assert [node.op for node in graph.nodes].count("layer_norm") == 3
    assert graph.edges["softmax"].shape == (3, 5, 5)
    assert graph.edges[graph.output].shape == (1000,)
