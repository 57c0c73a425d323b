"""QONNX files as training writes them: floats prepared before the first quantiser, norms after the last one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c.importing.errors import RefusedError
from t2c.importing.where import CORE, HOST, where_nodes_run
from tests.importing.onnx_judges import by_qonnx, golden_tensors, integers, made_by_nodes
from tests.importing.onnx_nets import QONNX, Net, imported

BATCH = 6


@pytest.mark.parametrize("scale", [2.0, [[[2.0]], [[1.5]], [[0.5]]]], ids=["scalar", "channels"])
@pytest.mark.parametrize("bipolar", [False, True])
def test_an_input_that_the_host_prepares(scale: object, bipolar: bool, tmp_path: Path) -> None:
    """2 x - 1, then a quantiser: the network begins with its integers, and the report names what comes before."""
    rng = np.random.default_rng(3)
    net = Net((3, 4, 4), batch=BATCH)
    doubled = net.add("Mul", "x", net.hold(scale))
    shifted = net.add("Sub", doubled, net.hold(1.0))
    if bipolar:
        first = net.add("BipolarQuant", shifted, net.hold(1.0), domain=QONNX)
    else:
        first = net.quant(shifted, 2.0**-5, 6)
    held = net.quant(net.hold(rng.normal(size=(5, 3, 3, 3)) * 0.3), 2.0**-4, 4, narrow=1)
    net.quant(net.add("Conv", first, held), 0.25, 4)
    model = net.model()
    done = imported(model, tmp_path)
    assert "floats that the host prepares: node 0 (Mul" in done.network.source
    reals = rng.uniform(0, 1, (BATCH, 3, 4, 4)).astype(np.float32)
    found = by_qonnx(model, {"x": reals})
    given = done.network.input
    assert given.name == first
    inputs = integers(done, first, found[first]).reshape(BATCH, -1)
    placed = np.empty_like(inputs)
    placed[:, given.order] = inputs
    edge = done.network.graph.edges[done.network.graph.input]
    ours = golden_tensors(done, placed.reshape(BATCH, *edge.shape))
    names = made_by_nodes(model, done)
    assert len(names) == 2
    assert all(np.array_equal(integers(done, name, found[name]), ours[name]) for name in names)


def test_a_preparation_that_changes_the_shape_is_refused(tmp_path: Path) -> None:
    net = Net((3,), batch=1)
    net.quant(net.add("Mul", "x", net.hold(np.ones((2, 3)))), 0.1, 4)
    text = r"node 0 \(Mul .*\): a constant of shape \(2, 3\) for an input of shape \(3,\)"
    with pytest.raises(RefusedError, match=text):
        imported(net.model(), tmp_path)


def test_a_norm_written_out_after_the_last_sums(tmp_path: Path) -> None:
    """(v - mean) / (var + eps)^0.5 · gamma + beta with the power of constants: the last layer is the host's."""
    rng = np.random.default_rng(6)
    net = Net((7,), batch=BATCH)
    first = net.quant("x", 0.1, 4)
    hidden = net.quant(net.hold(rng.normal(size=(7, 6)) * 0.3), 0.11, 3, narrow=1)
    first = net.quant(net.add("MatMul", first, hidden), 0.2, 4)
    held = net.quant(net.hold(rng.normal(size=(6, 5)) * 0.3), 0.13, 3, narrow=1)
    sums = net.add("MatMul", first, held)
    centred = net.add("Sub", sums, net.hold(0.7))
    root = net.add("Pow", net.hold(2.3), net.hold(0.5))
    scaled = net.add("Mul", net.add("Div", centred, root), net.hold(1.7))
    net.add("Add", scaled, net.hold(-0.2))
    done = imported(net.model(), tmp_path)
    assert list(where_nodes_run(done.network.graph).values()) == [CORE, HOST]


def test_a_power_of_an_activation_is_refused(tmp_path: Path) -> None:
    net = Net((3,), batch=1)
    first = net.quant("x", 0.1, 4)
    net.quant(net.add("Pow", first, net.hold(2.0)), 0.1, 4)
    with pytest.raises(RefusedError, match=r"node \d+ \(Pow .*\): a power of what is no constant"):
        imported(net.model(), tmp_path)
