"""MSQ: which filters are SP2, their levels, layers that go together, a network on columns of both kinds."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from t2c.contract.hardware import Hardware
from t2c.data.digits import load
from t2c.fusion.tied_rows import tied_layers
from t2c.golden.elements.columns import find_element
from t2c.golden.errors import RangeError, UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.methods import find_method
from t2c.models.digits_cnn import DigitsCNN
from t2c.quantisers import MSQ
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator

EXAMPLE = Path(__file__).parents[2] / "examples" / "digits_msq"
SP2 = {0, 1, 2, 4, 5, 6, 8}


def calibrated(weight: torch.Tensor, share: float = 0.5) -> MSQ:
    quantiser = MSQ(4, scale_shape=(len(weight), *[1] * (weight.ndim - 1)), name="w", share=share)
    quantiser.start()
    quantiser(weight)
    quantiser.freeze()
    return quantiser


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_the_filters_of_least_variance_are_sp2(share: float) -> None:
    torch.manual_seed(0)
    weight = torch.randn(8, 5, 3, 3) * torch.arange(8, 0, -1).reshape(-1, 1, 1, 1)  # the last ones vary least
    quantiser = calibrated(weight, share)
    assert quantiser.rows.flatten().tolist() == [number >= 8 - round(8 * share) for number in range(8)]
    for row, integers in zip(quantiser.rows.flatten(), quantiser.integers(weight), strict=True):
        magnitudes = set(integers.abs().flatten().tolist())
        assert magnitudes <= (SP2 if row else set(range(8)))
        assert len(magnitudes) > 4


def test_each_weight_is_the_nearest_level_of_its_filter() -> None:
    torch.manual_seed(1)
    weight = torch.randn(6, 40)
    quantiser = calibrated(weight)
    found = quantiser.integers(weight)
    for row, real, step, integers in zip(
        quantiser.rows.flatten(), weight, quantiser.scale.flatten(), found, strict=True
    ):
        levels = sorted(SP2 | {-level for level in SP2}) if row else list(range(-7, 8))
        best = [min(abs(value / step - level) for level in levels) for value in real]
        mine = (real / step - integers).abs()
        assert torch.allclose(mine, torch.tensor(best), atol=1e-5)


def test_training_path_and_integers_are_the_same() -> None:
    torch.manual_seed(2)
    weight = torch.randn(6, 9, requires_grad=True)
    quantiser = calibrated(weight.detach())
    quantiser.prove(weight.detach(), weights=True)
    quantiser(weight).sum().backward()
    assert weight.grad is not None
    inside = (weight.detach() / quantiser.scale).abs() <= quantiser.tops
    assert torch.equal(weight.grad != 0, inside)


def test_a_calibration_of_a_network_keeps_the_rows_that_its_layers_share() -> None:
    model, data = DigitsCNN(), load()
    net = find_method("msq").fuser(4, 4, first_last_bits=None)(model).fuse(data.train.images[:32])
    assert sorted(sorted(names) for names in tied_layers(net)) == [["conv1", "conv2"], ["conv3"], ["fc"]]
    rows = {name: net.layers[name].weight_quantiser.rows.flatten() for name in ("conv1", "conv2", "conv3", "fc")}
    assert torch.equal(rows["conv1"], rows["conv2"])
    assert {name: int(mine.sum()) for name, mine in rows.items()} == {"conv1": 8, "conv2": 8, "conv3": 16, "fc": 5}


def test_what_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="w: MSQ has a scale for each filter"):
        MSQ(4, name="w")
    with pytest.raises(RangeError, match=r"w: share = 1\.5 is not in 0\.\.1"):
        MSQ(4, scale_shape=(3, 1), name="w", share=1.5)
    with pytest.raises(UnsupportedError, match="has no 5-bit weights, only 4"):
        find_method("msq").fuser(5, 4)
    with pytest.raises(UnsupportedError, match="MSQ quantises weights, not activations"):
        MSQ(4, scale_shape=(3, 1), name="x", signed=False)


def test_every_filter_of_the_example_has_a_kind_and_both_are_there() -> None:
    package = load_package(EXAMPLE)
    for node in package.graph.nodes:
        if node.weights:
            flat = node.weights.values.reshape(len(node.weights.values), -1, 1)
            sp2, fixed = (find_element(name).legal(flat, 4).all(axis=1) for name in ("sp2", "mac"))
            assert (sp2 | fixed).all()
            assert (sp2 & ~fixed).any()
            assert (fixed & ~sp2).any()
    assert package.metrics["accuracy_integer"] > package.metrics["accuracy_float"] - 0.01


@pytest.mark.slow
@pytest.mark.parametrize(
    ("columns", "simulator"),
    [("mac:4,sp2:4", "verilator"), pytest.param("sp2:6,mac:2", "icarus", marks=pytest.mark.campaign)],
)
def test_the_example_on_columns_of_both_kinds(columns: str, simulator: str, sim_output: Path) -> None:
    hardware = Hardware(rows=8, cols=8, w_w=4, element=columns)
    request = RunRequest(images=8 if simulator == "verilator" else 1)
    result = cosimulate(load_package(EXAMPLE), "digits_msq", request, hardware, find_simulator(simulator), sim_output)
    assert result.passed, result.reasons
