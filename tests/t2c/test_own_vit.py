"""A ViT that is not in the repository, from the command line to golden and onnxruntime."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from test_command_line import t2c
from test_command_train import run

from t2c.commands.training import open_float_model
from t2c.golden.graph.package import load_package
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

DATA = ("--data", "digits", "--limit", "1000")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ViT in a file of its own, trained a little on digits."""
    path = tmp_path_factory.mktemp("own")
    shutil.copy(ROOT / "tests" / "t2c" / "token_nets.py", path / "my_vit.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        words = (
            "--model",
            "my_vit.py:VisionTransformer",
            *DATA,
            "--epochs",
            12,
            "--rate",
            "4e-3",
            "--batch",
            32,
            "--shift",
            0,
        )
        assert run("train", *words, "--out", "vit.pt") == 0
    return path


@pytest.mark.sample(3)
@pytest.mark.parametrize(
    ("method", "weights", "more"), [("minmax", 8, ()), ("lsq", 4, ("--epochs", 1)), ("rcf", 8, ("--epochs", 1))]
)
def test_a_vit_goes_through_quantize_unchanged(
    method: str, weights: int, more: tuple[object, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    package = folder / f"{method}{weights}"
    words = ("--method", method, "--weight-bits", weights, *more, "--samples", 4)
    assert run("quantize", "vit.pt", *DATA, *words, "--out", package) == 0
    held = load_package(package)  # written only if torch's integers are golden's on every tensor
    assert [node.op for node in held.graph.nodes].count("layer_norm") == 3
    assert {node.weights.bits for node in held.graph.nodes if node.weights} == {8, weights}
    logits = held.graph.run(held.samples)[held.graph.output]
    agree = float(np.mean(logits.argmax(1) == held.labels))
    assert held.metrics["accuracy_float"] > 0.5
    assert held.metrics["accuracy_integer"] > held.metrics["accuracy_float"] - 0.1
    assert agree >= 0.5
    assert run("export", package, "--formats", "onnx", "--samples", 2, "--out", folder / f"{method}.out") == 0


def test_a_mask_is_one_line_and_status_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The file asks for causal attention: nothing is written."""
    monkeypatch.chdir(folder)
    source = (folder / "my_vit.py").read_text()
    (folder / "causal.py").write_text(source.replace("dropout_p=0.1 if self.training else 0.0", "is_causal=True"))
    spelled = "\n\ndef net(classes):\n    return VisionTransformer(classes, spelling='fused')\n"
    with (folder / "causal.py").open("a") as file:
        file.write(spelled)
    assert run("train", "--model", "causal.py:net", *DATA, "--epochs", 0, "--out", "causal.pt") == 0
    done = t2c("quantize", "causal.pt", *DATA, "--out", "p", cwd=folder, PYTHONPATH=str(ROOT))
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if not line.startswith("loaded:")]
    assert len(lines) == 1
    assert "node 'scaled_dot_product_attention'" in lines[0]
    assert "causal" in lines[0]
    assert not (folder / "p").exists()


def test_what_the_file_holds_is_the_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    model = open_float_model(Path("vit.pt"), None).model
    assert type(model).__module__.startswith("t2c_own_my_vit")
    assert not torch.equal(model.cls_token, torch.zeros_like(model.cls_token))
