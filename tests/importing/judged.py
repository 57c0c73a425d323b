"""An import beside its judge: every tensor of every image, equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from t2c.importing.network import ImportedNetwork
from t2c.importing.reader import SourceFile
from t2c.importing.readers.tflite import read_tflite
from tests.importing.tflite_file import litert


def imported(data: bytes) -> ImportedNetwork:
    """Read a file that lies in memory."""
    return read_tflite(SourceFile(path=Path("model.tflite"), data=data, name="model"))


def random_images(network: ImportedNetwork, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Uniform integers in the shape of the network's input, corners first."""
    edge = network.graph.edges[network.graph.input]
    lo, hi = edge.format.lo, edge.format.hi
    images = np.random.default_rng(seed).integers(lo, hi + 1, (count, *edge.shape))
    images[0], images[-1] = lo, hi
    return images


def assert_equal_to_litert(
    data: bytes, images: npt.NDArray[Any] | None = None, *, seed: int = 1, absent: tuple[str, ...] = ()
) -> ImportedNetwork:
    """Import a file, run golden and the host, and compare every tensor with LiteRT's.

    Args:
        data: the file.
        images: (N, ...) in the shape of golden's input; random ones if None.
        absent: tensors that golden does not have.
    """
    network = imported(data)
    if images is None:
        images = random_images(network, 5, seed)
    values = network.graph.run(images)
    host = network.run_host(values[network.graph.output].reshape(len(images), -1))
    judged = litert(data, network.input.of(images))
    produced = {layer_output for layer_output in judged} & {*network.tensors, *host}
    assert len(produced) >= 2
    for name, tensor in network.tensors.items():
        mine = tensor.of(values[tensor.edge])
        assert np.array_equal(mine, judged[name]), f"{name}: {(mine != judged[name]).sum()} of {mine.size} differ"
    for name, result in host.items():
        assert np.array_equal(result, judged[name].reshape(result.shape)), name
    assert not set(absent) & set(network.tensors)
    return network
