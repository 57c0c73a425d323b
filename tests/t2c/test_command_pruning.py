"""`t2c train --pruner`, `t2c quantize` of what it wrote, and `t2c inspect` of that; every mistake in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from t2c.__main__ import entry, main
from t2c.checkpoint import read_meta
from t2c.commands.figures import n_m_pattern
from t2c.commands.pruning import SHIPPED
from t2c.pruners import PRUNERS
from tests.t2c.test_command_line import refused

QUICK = ("--data", "digits", "--limit", "200")


def train(*words: object) -> int:
    return main(["train", "--model", "digits_cnn", "--width", "8", *QUICK, "--epochs", "1", *map(str, words)])


def test_from_a_pruner_to_the_figures_of_a_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, package = tmp_path / "net.pt", tmp_path / "package"
    assert train("--pruner", "1:4", "--dense", "conv1", "--dense", "fc", "--out", net) == 0
    assert "pruned    1,296 of 1,728 weights are 0, 75.0%" in capsys.readouterr().out
    assert read_meta(net)["zeros"] == 1296
    words = ("--method", "lsq", "--weight-bits", "4", "--activation-bits", "4", "--epochs", "2", "--rate", "3e-2")
    words += ("--out", str(package))
    assert main(["quantize", str(net), *QUICK, *words]) == 0
    capsys.readouterr()
    assert main(["inspect", str(package), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    layers = {layer["name"]: layer for layer in said["layers"]}
    assert layers["conv2"]["pattern"] == layers["conv3"]["pattern"] == "1:4"
    assert layers["conv2"]["zeros"] >= 432
    assert layers["add"]["zeros"] == 0
    assert said["totals"]["zeros"] == sum(layer["zeros"] for layer in said["layers"])
    assert main(["inspect", str(package)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    row = next(line for line in lines if line[:1] == ["conv2"])
    assert row[-2:] == [f"{layers['conv2']['zeros'] / 576:.1%}", "1:4"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pruner", "3:5"), "--pruner: layer 'conv2': 8 input channels (of a group) are no multiple of the 5 of 3:5"),
        (("--pruner", "2:4", "--dense", "fc"), "--pruner: layer 'conv1': 1 input channels (of a group)"),
        (("--pruner", "2:4", "--dense", "fo*"), "--dense: no layer 'fo*'; there are conv1, conv2, conv3, fc"),
        (("--pruner", "2:4", "--sparsity", "0.7"), "--sparsity: 2:4 has 0.5, not 0.7"),
        (("--pruner", "4:4"), "--pruner: 4:4: N is not in 1..M - 1"),
        (("--pruner", "magnitude", "--sparsity", "1"), "--sparsity: 1.0 is not in 0..1, 1 excluded"),
        (("--sparsity", "0.5"), "--sparsity: of a pruner, and there is no --pruner"),
        (("--dense", "fc"), "--dense: of a pruner, and there is no --pruner"),
    ],
)
def test_a_mistake_is_one_line(
    words: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    whole = ["train", "--model", "digits_cnn", "--width", "8", *QUICK, *words, "--out", str(tmp_path / "net.pt")]
    monkeypatch.setattr("sys.argv", ["t2c", *whole])
    with pytest.raises(SystemExit) as caught:
        entry()
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {message}")
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_unknown_pruner_is_refused_with_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "train", "--model", "digits_cnn", *QUICK, "--pruner", "magic", "--out", "net.pt")
    assert f"no pruner 'magic'; there are {', '.join(PRUNERS.names())} and any N:M" in said


def test_the_names_that_need_no_torch_are_those_that_are_registered() -> None:
    ours = {name for name in PRUNERS.names() if PRUNERS.find(name).__module__.startswith("t2c.pruners.")}
    assert set(SHIPPED) == ours


@pytest.mark.parametrize(
    ("weights", "pattern"),
    [
        ([[0, 0, 3, 4, 1, 0, 0, 2]], "2:4"),
        ([[0, 3, 0, 0, 1, 0, 0, 0]], "1:4"),
        ([[0, 3, 0, 1]], "1:2"),
        ([[0, 3, 0, 0, 0, 0, 0, 0]], "1:4"),
        ([[1, 3, 5, 0, 0, 0, 0, 0]], "3:8"),
        ([[1, 3, 0, 1]], None),
        ([[0, 0, 0, 0]], None),
        ([[1, 0, 0]], None),
    ],
)
def test_the_tightest_pattern_that_holds(weights: list[list[int]], pattern: str | None) -> None:
    assert n_m_pattern(np.array(weights)) == pattern
    assert n_m_pattern(np.array(weights)[:, :, None, None]) == pattern


def test_a_pattern_is_along_channels_and_not_along_taps() -> None:
    weights = np.zeros((1, 4, 1, 4), dtype=np.int64)
    weights[0, :, 0, 0] = 1
    assert n_m_pattern(weights) is None
    assert n_m_pattern(weights.transpose(0, 3, 2, 1)) == "1:4"
