"""Networks that Brevitas exports: every tensor of qonnx's executor, and on the core as golden has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from t2c.contract.hardware import Hardware
from t2c.importing.importer import Import, import_file
from t2c.importing.proof import Grade
from t2c.mapping.compiler import ALL, compile_program
from tests.core_model.running import run_and_hold_to_golden
from tests.importing.brevitas_nets import CNN_SHAPE, MLP_SHAPE, cnn, exported, mlp
from tests.importing.onnx_judges import by_qonnx, integers, made_by_nodes, quantised_input

NETS = {"cnn": (cnn, CNN_SHAPE), "mlp": (mlp, MLP_SHAPE)}
IMAGES = 24


@pytest.fixture(scope="module", params=[8, 4, 2])
def bits(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=[True, False], ids=["powers", "floats"])
def powers(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module", params=NETS)
def file(request: pytest.FixtureRequest, bits: int, powers: bool, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made, shape = NETS[request.param]
    path = tmp_path_factory.mktemp("brevitas") / f"{request.param}.onnx"
    return exported(made, shape, bits, path, powers=powers), shape


def node_by_node(done: Import, found: Any, inputs: Any) -> dict[str, Any]:
    """For each tensor of the judge, what golden's node makes of the judge's own inputs of it."""
    graph = done.network.graph
    held = {done.network.tensors[name].edge: integers(done, name, found[name]) for name in found}
    held.setdefault(graph.input, inputs)
    results = {}
    for node in graph.nodes:
        edges = graph.inputs_of(node)
        values = [held[edge.name].reshape(-1, *edge.shape) for edge in edges]
        name = next(name for name in found if done.network.tensors[name].edge == node.output)
        results[name] = np.asarray(node.forward(values, edges)).reshape(len(values[0]), -1)
    return results


def test_every_tensor_is_the_executors(file: Any, powers: bool) -> None:
    """With scales that are powers of two, all; else all but sums within float32's own error of a tie."""
    path, shape = file
    done, model = import_file(path), onnx.load(path)
    assert {layer.exactness.grade for layer in done.network.layers} <= {Grade.PROVEN, Grade.SAME}
    held = {tensor.name for tensor in model.graph.initializer}
    (name,) = (info.name for info in model.graph.input if info.name not in held)
    reals = np.random.default_rng(3).normal(size=(IMAGES, *shape)).astype(np.float32)
    runs = [by_qonnx(model, {name: reals[image : image + 1]}) for image in range(IMAGES)]
    names = made_by_nodes(model, done)
    found = {each: np.concatenate([run[each] for run in runs]) for each in names}
    inputs = quantised_input(done, reals)
    for each in names:
        if done.network.tensors[each].edge == done.network.graph.input:
            assert np.array_equal(integers(done, each, found[each]).ravel(), inputs.ravel())
    compared = wrong = 0
    for each, ours in node_by_node(done, found, inputs).items():
        theirs = integers(done, each, found[each])
        compared += theirs.size
        differs = ours != theirs
        wrong += int(differs.sum())
        if differs.any():
            (node,) = (node for node in model.graph.node if each in node.output)
            scale = done.network.graph.edges[done.network.tensors[each].edge].scale
            before = np.concatenate([run[node.input[0]] for run in runs]).reshape(IMAGES, -1)[differs] / scale
            assert np.abs(before % 1 - 0.5).max() < 1e-5, (each, before)
    assert compared > 1000
    assert wrong <= (0 if powers else compared // 10000)


def test_on_the_model_of_the_core(file: Any) -> None:
    """All layers of the program, every tensor."""
    done = import_file(file[0])
    widths = done.package.graph.widths
    core = Hardware(rows=8, cols=8, acc_w=widths.acc, scale_w=widths.scale, bias_w=widths.bias)
    run_and_hold_to_golden(done.package, compile_program(done.package.graph, ALL, core))
