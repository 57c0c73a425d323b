"""Tasks that train, choose and convert, on networks that train in a second: what they claim is so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from t2c.flows import training
from t2c.flows.errors import FlowError
from t2c.flows.fixed_point import fixed_point
from t2c.flows.flow_file import read_flow
from t2c.flows.metamodel import Metamodel, Step
from t2c.flows.store import FlowStore
from t2c.flows.trials import Place
from t2c.golden.graph.package import load_package
from t2c.pipelines.evaluate import evaluate
from tests.flows.flow_runs import run_here, store_of

HEAD = "flow: small\nmodel: jet_mlp\ndata: jets\nwidth: 0.25\nlimit: 600\nseed: 0\ntasks:\n"
TASKS = """
  train: {task: TRAIN, epochs: 6, rate: 1e-2}
  scale: {task: SCALE, tolerance: 0.4, epochs: 4, rate: 1e-2, steps: 4}
  prune: {task: PRUNE, tolerance: 0.1, epochs: 1, resolution: 0.3}
  quantize: {task: QUANTIZE, tolerance: 0.1, epochs: 1, least: 3}
  convert: {task: CONVERT, scale_bits: 5}
  pipeline: {task: PIPELINE, digits: 3}
  end: {task: STOP}
"""


def ran(folder: Path, tasks: str, head: str = HEAD) -> tuple[Metamodel, FlowStore]:
    """The only finalist of a flow."""
    path = folder / "small.yaml"
    path.write_text(head + tasks)
    store = store_of(folder)
    (finalist,) = run_here(read_flow(path), store).finalists
    return finalist, store


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Metamodel, FlowStore]]:
    """A flow of all three optimisations; that the test split is looked at would end it."""
    with pytest.MonkeyPatch.context() as patched:

        def seen(subject: Mapping[str, Any]) -> None:
            raise AssertionError("a search looked at the test split")

        patched.setattr(training, "test_split", seen)
        yield ran(tmp_path_factory.mktemp("flow"), TASKS)


def step(metamodel: Metamodel, name: str) -> Step:
    """What a task did."""
    (found,) = (step for step in metamodel.history if step.task == name)
    return found


def test_each_task_keeps_its_floor(finished: tuple[Metamodel, FlowStore]) -> None:
    metamodel, _ = finished
    before = step(metamodel, "train").metrics[0].value
    for name, tolerance in (("scale", 0.4), ("prune", 0.1), ("quantize", 0.1)):
        found = step(metamodel, name)
        after = found.metrics[0].value
        assert found.decision["floor"] == pytest.approx(before - tolerance)
        assert after >= found.decision["floor"]
        assert found.trials, "what was tried is there"
        before = after
    assert {metric.split for metric in metamodel.metrics if "accuracy" in metric.name} == {"validation"}


def test_the_package_has_what_was_chosen(finished: tuple[Metamodel, FlowStore]) -> None:
    """Width, zeros and bits are those of the package's integers."""
    metamodel, store = finished
    graph = load_package(store.path(metamodel.files["package"])).graph
    design = metamodel.design
    assert design["width"] < 1
    assert graph.edges["fc1"].shape == (round(64 * 0.25 * design["width"]),)
    weights = np.concatenate([node.weight.ravel() for node in graph.nodes])
    assert float((weights == 0).mean()) >= design["sparsity"] - 0.02
    for node in graph.nodes:
        weight_bits, result_bits = design["layer_bits"].get(node.name, (None, None))
        assert node.weight_bits == (weight_bits or design["weight_bits"])
        if node.output != graph.output:
            assert graph.edges[node.output].bits == (result_bits or design["activation_bits"])
        assert np.abs(node.mulquant.multiplier).max() < 1 << step(metamodel, "convert").decision["scale_bits"] - 1
    assert metamodel.value("multipliers") == 0, "all constants have three signed digits or fewer"


def test_channels_that_go_are_gone(tmp_path: Path) -> None:
    tasks = """
  train: {task: TRAIN, epochs: 6, rate: 1e-2}
  prune: {task: PRUNE, pattern: channel, tolerance: 0.2, epochs: 2, most: 0.4, resolution: 0.2}
  bits: {task: CALIBRATE, weight_bits: 6, activation_bits: 5}
  convert: {task: CONVERT}
  array: {task: ARRAY, sizes: [2x2, 4x4], most_multipliers: 8}
  end: {task: STOP}
"""
    metamodel, store = ran(tmp_path, tasks)
    graph = load_package(store.path(metamodel.files["package"])).graph
    assert metamodel.design["channels_gone"] > 0
    assert graph.edges["fc1"].shape[0] < 16
    assert {node.weight_bits for node in graph.nodes} == {6}
    assert (metamodel.design["hardware"]["rows"], metamodel.value("multipliers")) == (2, 4)
    assert metamodel.value("cycles") > 0


def test_no_array_within_the_budget_is_one_line(tmp_path: Path) -> None:
    tasks = """
  train: {task: TRAIN, epochs: 1}
  bits: {task: CALIBRATE}
  convert: {task: CONVERT}
  array: {task: ARRAY, sizes: [4x4], most_multipliers: 3}
  end: {task: STOP}
"""
    with pytest.raises(
        FlowError, match=r"small.yaml:12: array: no array is within the budgets: 4x4 has 16 multipliers"
    ):
        ran(tmp_path, tasks)


def test_sixteen_bits_are_as_right_as_floats(finished: tuple[Metamodel, FlowStore], tmp_path: Path) -> None:
    """The design that nothing was optimised in computes the float network, image by image."""
    metamodel, store = finished
    folder = store.folder / "runs" / "sixteen"
    folder.mkdir(parents=True, exist_ok=True)
    payload = {"subject": metamodel.subject, "design": {}, "weights": ""}
    model = None
    for entry in sorted((store.folder / "trials").iterdir()):  # the first training, at full width
        payload["weights"] = str((entry / "weights.pt").relative_to(store.folder))
        model = training.float_model(metamodel.subject, {}, entry / "weights.pt")
        if model.fc1.out_features == 16:
            break
    assert model is not None
    chain, fraction = fixed_point({**payload, "bits": 16}, Place(folder=folder, store=store, home=tmp_path))
    images = training.searched_on(metamodel.subject).calibration.images
    integers = np.round(np.ldexp(images.double().numpy(), fraction)).astype(np.int64)
    logits = evaluate(chain, integers)[chain.output.name]
    wanted = model(images).detach().double().numpy()
    scale = (logits * wanted).sum() / (logits.astype(float) ** 2).sum()
    assert np.log2(scale) == pytest.approx(round(np.log2(scale)), abs=1e-3), "steps are powers of two"
    assert np.abs(logits * scale - wanted).max() < 0.01 * np.abs(wanted).max()
    assert {edge.bits for edge in chain.edges.values()} == {16}


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("{task: PRUNE, pattern: random}", "no pruner 'random'"),
        ("{task: PRUNE, tolerance: 2}", "tolerance = 2.0 is above 1.0"),
        ("{task: QUANTIZE, method: magic}", "no method 'magic'"),
        ("{task: QUANTIZE, bits: 4, least: 5}", "least = 5 is above bits = 4"),
        ("{task: QUANTIZE, least: 1}", "least = 1 is below 2"),
        ("{task: SYNTHESIZE, family: asic}", "the families are"),
        ("{task: ARRAY, sizes: [8]}", "'8' is not ROWSxCOLS"),
        ("{task: CLOCK, device: up5k}", "up5k"),
        ("{task: FIT, bits: [4], sparsities: [0, 0.5]}", "fewer than 3 combinations"),
        ("{task: CONVERT}", "quantised"),
        ("{task: SCALE, steps: 1}", "steps = 1 is below 2"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_runs(task: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"{HEAD}  train: {{task: TRAIN}}\n  wrong: {task}\n  end: {{task: STOP}}\n")
    with pytest.raises(FlowError, match=re.escape(message)) as error:
        read_flow(path)
    assert str(error.value).startswith(f"{path}:9: wrong: ")
    assert "\n" not in str(error.value)


def test_a_mixed_network_gets_columns_of_both_kinds(tmp_path: Path) -> None:
    tasks = """
  train: {task: TRAIN, epochs: 4, rate: 1e-2}
  mix: {task: MIX, tolerance: 1.0, epochs: 0, resolution: 0.5}
  convert: {task: CONVERT}
  array: {task: ARRAY, sizes: [4x4]}
  end: {task: STOP}
"""
    metamodel, _ = ran(tmp_path, tasks)
    assert metamodel.design["share"] == 1.0, "any accuracy would do"
    assert metamodel.design["hardware"]["element"] == "sp2:4"
    assert (metamodel.design["hardware"]["w_w"], metamodel.value("multipliers")) == (4, 0)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("data: jets", "4: train: the flow names no model"),
        ("model: jet_mlp", "4: train: the flow names no data"),
        ("model: digits_cnn\ndata: jets\nlimit: 60", "6: train: images of 16 from jets do not fit digits_cnn"),
    ],
)
def test_a_model_and_data_that_do_not_go_together_are_one_line(head: str, message: str, tmp_path: Path) -> None:
    tasks = "  train: {task: TRAIN, epochs: 1}\n  end: {task: STOP}\n"
    with pytest.raises(FlowError, match=re.escape(f"small.yaml:{message}")):
        ran(tmp_path, tasks, f"flow: small\n{head}\ntasks:\n")
