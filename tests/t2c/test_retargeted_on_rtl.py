"""Packages for other chips are legal arithmetic of our core too: every tensor on the RTL, and in compiled C."""

from __future__ import annotations

from pathlib import Path

import pytest

import t2c
from t2c.__main__ import main
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.golden.target.description import load_chip
from t2c.target.refit import refit_package
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.sample(3)
@pytest.mark.parametrize("target", ["one_multiplier", "shift_only"])
def test_the_whole_network_passes(target: str, sim_output: Path, tmp_path: Path) -> None:
    chip = load_chip(ROOT / "examples" / "targets" / f"{target}.yaml")
    package, _ = refit_package(load_package(ROOT / "examples" / "digits_w8a8"), chip, target)
    result = t2c.simulate(package, layer="all", images=1, out=sim_output)
    assert result.passed, result
    assert result.figures["layers"]


def test_exports_have_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = ROOT / "examples" / "targets" / "shift_only.yaml"
    assert main(["retarget", "digits_w8a8", "--target", str(target), "--out", str(tmp_path / "made")]) == 0
    assert (
        main(
            ["export", str(tmp_path / "made"), "--formats", "c,onnx", "--samples", "2", "--out", str(tmp_path / "out")]
        )
        == 0
    )
    printed = capsys.readouterr().out
    assert " images equal, compiled by " in printed
    assert "activations of 4 images equal in onnxruntime" in printed


def test_bounds_of_channels_are_in_c_and_refused_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A chip that saturates to 16 bits before channels have their own scales."""
    target, made = tmp_path / "chip.yaml", tmp_path / "made"
    target.write_text("saturate: {operand: 16}\n")
    assert main(["retarget", "digits_w8a8", "--target", str(target), "--keep", "--out", str(made)]) == 0
    assert (
        main(["export", str(made), "--formats", "c,state_dict", "--samples", "9", "--out", str(tmp_path / "out")]) == 0
    )
    assert " images equal, compiled by " in capsys.readouterr().out
    with pytest.raises(UnsupportedError, match="node 'conv1': bounds for each channel have no ONNX form here"):
        main(["export", str(made), "--formats", "onnx", "--out", str(tmp_path / "onnx")])
    assert main(["export", str(made), "--formats", "native", "--samples", "1", "--out", str(tmp_path / "native")]) == 0
    assert "refused: node 'conv1': it has bounds for each channel" in capsys.readouterr().out
