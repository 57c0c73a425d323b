"""From a float model to a package for a chip: torch and golden agree, quantisers were told, figures say the cost."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from t2c import T2C, NetFuser
from t2c.__main__ import entry, main
from t2c.errors import ExportError
from t2c.exports.package import check_against_golden, graph_of
from t2c.golden.arithmetic.formats import IntFormat
from t2c.golden.arithmetic.mulquant import Widths
from t2c.golden.arithmetic.requantiser_order import RequantiserOrder
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.golden.target.check import misfits
from t2c.golden.target.description import load_chip
from t2c.golden.target.limits import ChipLimits, MultiplierLimits
from t2c.integer.rebuilt import rebuilt
from t2c.target.refit import follow
from tests.conftest import ROOT
from tests.t2c.small_nets import Residual, built, images
from tests.t2c.token_nets import VisionTransformer

TARGETS = ROOT / "examples" / "targets"
S8 = IntFormat(bits=8, signed=True)


@pytest.mark.parametrize("target", ["one_multiplier", "shift_only"])
def test_torch_and_golden_agree_on_the_chips_package(target: str, tmp_path: Path) -> None:
    """nn2chip compares every tensor before it writes; what is written fits, and is what torch computes."""
    file, batch = TARGETS / f"{target}.yaml", images(Residual)
    chip = T2C(built(Residual), calibration=batch, target=file)
    net = chip.nn2chip(batch[:6], directory=tmp_path / "made")
    package = load_package(tmp_path / "made")
    assert misfits(package.graph, load_chip(file)) == []
    integers = chip.input_integers(batch[:6])
    assert np.array_equal(integers.numpy(), package.samples)
    assert np.array_equal(net(integers).numpy(), package.graph.run(package.samples)[package.graph.output])
    assert chip.agreement.integers > 1000
    assert package.metrics["max_step_error"] < 0.25
    assert 1e-6 < package.metrics["max_scale_error"] < 0.001
    assert (package.metrics["max_scale_error"] > 1e-4) == (target == "one_multiplier")  # 12 bits
    assert package.metrics["fake_integer_mean"] < 3


def test_images_are_read_as_the_chip_reads_them(tmp_path: Path) -> None:
    """Where only the zero point moves, the quantiser is as it was."""
    batch = images(Residual)
    usual = T2C(built(Residual), calibration=batch)
    usual.nn2chip(batch[:4], save_model=False)
    chip = T2C(built(Residual), calibration=batch, target=ChipLimits(activations=(S8,)))
    chip.nn2chip(batch[:4], directory=tmp_path / "made")
    assert np.array_equal(chip.input_integers(batch), usual.input_integers(batch) - 128)
    assert np.array_equal(load_package(tmp_path / "made").samples, chip.input_integers(batch[:4]))


def test_torch_has_bounds_of_channels() -> None:
    """Of a chip that saturates sums of 11 bits before channels have their own scales."""
    batch = images(Residual)
    chip = T2C(built(Residual), calibration=batch)
    net, integers = chip.convert(), chip.input_integers(batch)
    graph = graph_of(net, integers, name="made", widths=Widths())
    made = follow(graph, ChipLimits(order=RequantiserOrder(operand_bits=11))).graph
    assert any(getattr(node.stage, "clip", None) is not None for node in made.nodes)
    assert check_against_golden(rebuilt(net, made), made, integers).integers > 1000
    with pytest.raises(ExportError, match="layer 'stem' at "):
        check_against_golden(net, made, integers)


def test_quantisers_are_told_what_the_chip_can_hold() -> None:
    batch = images(Residual)
    usual, chip = (T2C(built(Residual), calibration=batch, target=t).qnet for t in (None, TARGETS / "shift_only.yaml"))
    relu = next(wire.name for wire in usual.wires if usual.layers[wire.name].ceiling is not None)
    assert not usual.layers[relu].output_quantiser.format.signed
    assert chip.layers[relu].output_quantiser.format == S8
    assert chip.input_quantiser.format == S8
    assert usual.layers["stem"].weight_quantiser.scale.ndim == 4
    assert chip.layers["stem"].weight_quantiser.scale.ndim == 0


def test_what_the_user_says_wins() -> None:
    fuser = partial(NetFuser, per_channel=True)
    qnet = T2C(built(Residual), fuser, calibration=images(Residual), target=TARGETS / "shift_only.yaml").qnet
    assert qnet.layers["stem"].weight_quantiser.scale.ndim == 4


def test_a_transformer_for_a_narrow_multiplier(tmp_path: Path) -> None:
    """Products of activations, LayerNorm and a position embedding are rebuilt too."""
    torch.manual_seed(3)
    model, batch = VisionTransformer().eval(), torch.rand(12, 1, 8, 8)
    limits = ChipLimits(multiplier=MultiplierLimits(bits=9), shift=(4, 30))
    T2C(model, calibration=batch, target=limits).nn2chip(batch[:4], directory=tmp_path / "made")
    assert misfits(load_package(tmp_path / "made").graph, limits) == []


def test_what_cannot_be_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    limits = ChipLimits(operations=("conv2d", "linear", "add", "flatten"))
    chip = T2C(built(Residual), calibration=images(Residual), target=limits)
    with pytest.raises(
        UnsupportedError, match=r"layer '.*': operation .*pool2d \(operations: conv2d, linear, add, flat"
    ):
        chip.nn2chip(images(Residual)[:2], directory=tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_the_commands_take_a_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, target = tmp_path / "made", TARGETS / "one_multiplier.yaml"
    float_file = tmp_path / "digits.pt"
    assert (
        main(
            [
                "train",
                "--model",
                "digits_cnn",
                "--width",
                "4",
                "--data",
                "digits",
                "--limit",
                "100",
                "--epochs",
                "1",
                "--out",
                str(float_file),
            ]
        )
        == 0
    )
    words = ["quantize", str(float_file), "--data", "digits", "--limit", "100", "--samples", "4", "--out", str(out)]
    assert main([*words, "--target", str(target)]) == 0
    assert main(["check", str(out), "--target", str(target)]) == 0
    exported = ["export", str(out), "--formats", "hex", "--out", str(tmp_path / "hex"), "--target"]
    assert main([*exported, str(target)]) == 0
    capsys.readouterr()
    monkeypatch.setattr("sys.argv", ["t2c", *exported, str(TARGETS / "shift_only.yaml")])
    with pytest.raises(SystemExit) as left:
        entry()
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("error: layer 'input': tensor 'input' is u8 (activations: s8), and ")
