"""`t2c pipeline`, and the netlist of what it writes behind the accelerator door."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.__main__ import main
from t2c.common.errors import SettingError
from t2c.cost.families import family
from t2c.cost.keeper import Keeper
from t2c.cost.pipelines.netlist import pipeline_design, write_pipeline_netlist
from t2c.cost.synthesis import synthesise
from t2c.golden.arithmetic.mulquant import MulQuant, Widths
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, save_package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.conv2d import Conv2d
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.write import write_pipeline
from tests.accelerator.door import simulated
from tests.conftest import ROOT
from tests.pipelines.nets import package

KEPT = ROOT / "sim_build" / "tests" / "pipelines"


def test_it_says_what_it_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_package(package("residual", 3), tmp_path / "net")
    folder = tmp_path / "made"
    assert main(["pipeline", str(tmp_path / "net"), f"--out={folder}", "--reuse=2,conv4=1"]) == 0
    text = capsys.readouterr().out
    for stage, reuse in (("conv1", 2), ("conv2", 2), ("add3", 1), ("max_pool6", 1), ("linear8", 2)):
        assert re.search(rf"^{stage} +[\dx]+ +{reuse} ", text, re.MULTILINE), text
    assert re.search(r"^interval  [\d,]+ cycles from image to image$", text, re.MULTILINE)
    names = (folder / "filelist.f").read_text().split()
    assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "filelist.f", "dut.yaml"])
    assert f"make sim DUT={folder / 'dut.yaml'}" in text


def test_a_refusal_writes_nothing(tmp_path: Path) -> None:
    save_package(package("mlp", 3), tmp_path / "net")
    words = ["pipeline", str(tmp_path / "net"), f"--out={tmp_path / 'made'}"]
    with pytest.raises(SettingError, match="linear9"):
        main([*words, "--reuse=linear9=2"])
    with pytest.raises(SettingError, match="family"):
        main([*words, "--family=abacus"])
    with pytest.raises(UnsupportedError, match="conv"):
        main(["pipeline", "digits_truncated", f"--out={tmp_path / 'made'}"])
    assert not (tmp_path / "made").exists()
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "thesis.md").write_text("all of it")
    with pytest.raises(SettingError, match="made holds something else than a pipeline"):
        main(words)
    assert (tmp_path / "made" / "thesis.md").read_text() == "all of it"


@pytest.mark.campaign
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mlp", PipelineOptions(of_layer={"linear2": 3})),
        pytest.param("residual", PipelineOptions(reuse=3), marks=pytest.mark.campaign),
    ],
)
def test_the_netlist_is_the_network_and_that_of_a_wrong_weight_is_not(
    name: str, options: PipelineOptions, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In xc7, multipliers in DSP48E1 among them."""
    made, keeper = package(name, 9), Keeper(folder=KEPT, progress=lambda line: None)
    save_package(made, tmp_path / "net")
    right = write_pipeline(made.graph, options, tmp_path / "right", tmp_path / "net")
    assert synthesise(pipeline_design(right), family("xc7"), keeper, by_module=False).counts["dsp"] > 0
    node = next(node for node in made.graph.nodes if node.weights)
    weight = node.weights.values.copy()  # type: ignore[union-attr]
    weight.flat[0] -= 1 if weight.flat[0] > 0 else -1
    nodes = tuple(replace(node, weight=weight) if other is node else other for other in made.graph.nodes)  # type: ignore[call-arg]
    wrong = write_pipeline(replace(made.graph, nodes=nodes), options, tmp_path / "wrong", tmp_path / "net")
    for pipeline, status in ((right, 0), (wrong, 1)):
        dut = write_pipeline_netlist(
            pipeline, tmp_path / "net", family("xc7"), keeper, tmp_path / f"{pipeline.folder.name}-netlist"
        )
        run = simulated(capsys, dut, sim_output, stall="p50")
        assert run.status == status, run.text
        tensors = {tensor["name"] for scenario in run.record["scenarios"] for tensor in scenario["tensors"]}
        assert {f"{node.name}.accumulators", *(node.output for node in made.graph.nodes)} <= tensors
    first = next(line for line in run.text.splitlines() if ": expected " in line)
    assert first.strip().startswith(f"{node.name}.accumulators["), run.text


@pytest.mark.slow
def test_a_sum_that_is_read_and_multiplied_is_in_the_netlist(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Yosys 0.70 takes the register of such a sum into the pre-adder of a DSP48E1, whoever else reads it."""
    weight = np.array([[[[0, 7, -9], [-16, 0, 0], [0, 13, 0]]]], np.int8)
    given = TensorSpec(name="input", shape=(1, 4, 5), bits=5, signed=False)
    result = TensorSpec(name="conv", shape=(1, 4, 5), bits=5, signed=False)
    one = {"multiplier": np.array([11]), "bias": np.array([213]), "shift": np.array([8])}
    node = Conv2d(
        name="conv",
        inputs=("input",),
        output="conv",
        weight=weight,
        weight_bits=5,
        padding=(1, 1),
        mulquant=MulQuant(**one, lo=0, hi=31),
    )
    edges = {"input": given, "conv": result}
    graph = Graph(name="one", widths=Widths(), input="input", output="conv", edges=edges, nodes=(node,))
    samples = np.random.default_rng(5).integers(0, 32, (4, 1, 4, 5)).astype(np.uint8)
    save_package(
        Package(graph=graph, samples=samples, labels=np.zeros(4, np.int64), description="", metrics={}),
        tmp_path / "net",
    )
    made = write_pipeline(graph, PipelineOptions(), tmp_path / "made", tmp_path / "net")
    keeper = Keeper(folder=KEPT, progress=lambda line: None)
    dut = write_pipeline_netlist(made, tmp_path / "net", family("xc7"), keeper, tmp_path / "netlist")
    run = simulated(capsys, dut, sim_output, stall="none,none")
    assert run.status == 0, run.text
