"""A network begins behind the views of its input, and whoever gives inputs in the source's order notices nothing."""

from __future__ import annotations

import numpy as np

from t2c.contract.hardware import Hardware
from t2c.mapping.compiler import ALL, compile_program
from tests.importing.judged import assert_equal_to_litert, imported
from tests.importing.tflite_layers import Layers


def speech() -> bytes:
    """A flat vector that becomes a map of one channel, as in a network of keywords."""
    layers = Layers((1, 30), seed=2)
    layers.reshape((1, 6, 5, 1))
    layers.conv(4, (3, 2), output=(4, 4), depth_multiplier=4)
    layers.reshape((1, 64))
    layers.fully_connected(3)
    return layers.data()


def test_a_vector_that_becomes_a_map_begins_as_the_map() -> None:
    network = assert_equal_to_litert(speech())
    edge = network.graph.edges[network.graph.input]
    assert edge.shape == (1, 6, 5)
    assert network.graph.nodes[0].op == "conv2d"
    assert compile_program(network.graph, ALL, Hardware(rows=4, cols=4, scale_w=32, bias_w=60, acc_w=29)).steps


def test_the_first_tensor_is_found_where_it_is_now() -> None:
    network = imported(speech())
    images = np.arange(30).reshape(1, 1, 6, 5)
    assert network.input.of(images).tolist() == [list(range(30))]
    assert network.tensors[network.input.name].edge == network.graph.input


def test_a_transpose_of_the_input_orders_it() -> None:
    layers = Layers((1, 3, 4, 5), seed=5)  # channels first in a file that has them last
    held = layers.file.tensor((4,), type_="INT32", data=np.array([0, 2, 3, 1]))
    given = layers.last
    layers.file.operator("TRANSPOSE", [given, held], layers.output((1, 4, 5, 3), layers.scale, layers.zero_point))
    layers.conv(2, (2, 2), output=(3, 4))
    network = assert_equal_to_litert(layers.data())
    assert [node.op for node in network.graph.nodes] == ["conv2d"]
    assert network.input.order.tolist() == list(range(60))
