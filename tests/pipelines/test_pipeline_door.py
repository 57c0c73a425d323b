"""Pipelines of random packages behind the accelerator door: every tensor and every sum, behind every stall."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package, save_package
from t2c.pipelines.from_graph import chain_of
from t2c.pipelines.liveness import live_channels
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.write import write_pipeline
from tests.accelerator.door import DoorRun, simulated
from tests.pipelines.nets import package

pytestmark = pytest.mark.slow
CASES = [
    ("mlp", 1, PipelineOptions()),
    ("mlp", 2, PipelineOptions(reuse=4, every=1)),
    ("convolutions", 3, PipelineOptions(every=3, digits=1)),
    ("convolutions", 4, PipelineOptions(reuse=5)),
    ("depthwise", 5, PipelineOptions(digits=4)),
    ("depthwise", 6, PipelineOptions(reuse=2)),
    ("residual", 7, PipelineOptions()),
    ("residual", 8, PipelineOptions(reuse=9, of_layer={"conv1": 1})),
    ("convolutions", 9, PipelineOptions()),
    ("residual", 10, PipelineOptions(reuse=2)),
    ("mlp", 11, PipelineOptions(reuse=2)),
]
SPARSE = {9: 0.8, 10: 0.75, 11: 0.8}
"""By seed, the share of weights that are 0."""


def through_the_door(
    made: Package, graph: Graph, options: PipelineOptions, folder: Path, output: Path, capsys: object, **words: object
) -> DoorRun:
    """The pipeline of a graph beside golden of a package."""
    save_package(made, folder / "net")
    pipeline = write_pipeline(graph, options, folder / "pipeline", folder / "net")
    assert pipeline.description is not None
    return simulated(capsys, pipeline.description, output, **words)  # type: ignore[arg-type]


@pytest.mark.sample(8)
@pytest.mark.parametrize(("name", "seed", "options"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_tensor_behind_every_stall(
    name: str, seed: int, options: PipelineOptions, tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = package(name, seed, SPARSE.get(seed, 0.0))
    if seed in SPARSE:
        live = live_channels(chain_of(made.graph))
        assert not all(channels.all() for channels in live.values()), "every channel is read"
    sim = "verilator" if seed in (4, 7) else "icarus"
    run = through_the_door(made, made.graph, options, tmp_path, sim_output, capsys, sim=sim)
    assert run.status == 0, run.text
    sums = {f"{node.name}.accumulators" for node in made.graph.nodes if node.weights or node.op == "average_pool2d"}
    for scenario in run.record["scenarios"]:
        assert {tensor["name"] for tensor in scenario["tensors"]} == {node.output for node in made.graph.nodes} | sums
        assert all(tensor["compared"] and not tensor["wrong"] for tensor in scenario["tensors"]), scenario["name"]
    assert len(run.record["scenarios"]) > 8


def _changed(graph: Graph, layer: str, **fields: object) -> Graph:
    """The network with another constant."""
    nodes = tuple(replace(node, **fields) if node.name == layer else node for node in graph.nodes)
    return replace(graph, nodes=nodes)


def test_a_wrong_weight_and_a_wrong_rounding_are_named(
    tmp_path: Path, sim_output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = package("mlp", 1)
    node = made.graph.node("linear2")
    weight = node.weights.values.copy()  # type: ignore[union-attr]
    weight[1, 2] -= 1 if weight[1, 2] > 0 else -1
    wrong = _changed(made.graph, "linear2", weight=weight)
    run = through_the_door(made, wrong, PipelineOptions(), tmp_path, sim_output, capsys, stall="none,none")
    assert run.status == 1
    assert "first wrong tensor in program order: linear2.accumulators" in run.text
    other = Rounding.FLOOR if node.stage.rounding is not Rounding.FLOOR else Rounding.HALF_UP  # type: ignore[union-attr]
    wrong = _changed(made.graph, "linear2", mulquant=replace(node.stage, rounding=other))  # type: ignore[type-var]
    run = through_the_door(made, wrong, PipelineOptions(), tmp_path, sim_output, capsys, stall="none,none")
    assert run.status == 1
    assert "first wrong tensor in program order: linear2\n" in run.text
