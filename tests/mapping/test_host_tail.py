"""Layers at the end that leave the core's width are the host's: the core runs the others, and the report says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import Package
from t2c.golden.graph.tensor_spec import TensorSpec
from t2c.golden.nodes.reshape import Reshape
from t2c.mapping.compiler import ALL, compile_program
from t2c.mapping.host_tail import without_tail
from t2c.tb.cosim.cosimulation import cosimulate
from t2c.tb.cosim.report import run_table
from t2c.tb.cosim.request import RunRequest
from t2c.tb.simulation.simulators import find_simulator
from tests.threshold_net import threshold_package

HARDWARE = Hardware(rows=4, cols=4)


def with_wide_scores() -> Package:
    """A staircase of sums, then a linear layer of 16 bits and a view of it."""
    package = threshold_package()
    graph = package.graph
    shaped = TensorSpec(name="shaped", shape=(4, 1, 1), bits=16, signed=True)
    edges = {name: edge for name, edge in graph.edges.items() if name != "y"} | {"shaped": shaped}
    nodes = (*graph.nodes[:-1], Reshape(name="shaped", inputs=("scores",), output="shaped", shape=(4, 1, 1)))
    return replace(package, graph=replace(graph, edges=edges, nodes=nodes, output="shaped"))


def test_the_tail_is_what_is_wider_from_the_end_on() -> None:
    graph = with_wide_scores().graph
    rest, tail = without_tail(graph, 8)
    assert [node.name for node in tail] == ["scores", "shaped"]
    assert rest.output == "flat"
    assert [node.name for node in rest.nodes] == ["sums", "steps", "flat"]
    images = threshold_package().samples
    assert np.array_equal(rest.run(images)["flat"], graph.run(images)["flat"])


def test_nothing_is_taken_from_a_network_that_fits() -> None:
    graph = threshold_package().graph
    assert without_tail(graph, 8) == (graph, ())


def test_a_result_that_another_layer_reads_stays() -> None:
    graph = with_wide_scores().graph
    both = TensorSpec(name="again", shape=(2, 2), bits=16, signed=True)
    again = Reshape(name="again", inputs=("scores",), output="again", shape=(2, 2))
    nodes = (*graph.nodes[:-1], again, graph.nodes[-1])
    read_twice = replace(graph, edges=dict(graph.edges) | {"again": both}, nodes=nodes)
    assert without_tail(read_twice, 8) == (read_twice, ())


def test_a_network_of_nothing_else_is_refused() -> None:
    package = threshold_package()
    first = package.graph.nodes[0]
    edges = {name: package.graph.edges[name] for name in ("x", "sums")}
    graph = Graph(name="alone", widths=package.graph.widths, edges=edges, nodes=(first,), input="x", output="sums")
    with pytest.raises(UnsupportedError, match=r"^layer 'sums': output of 16 bits does not fit X_W = 8$"):
        compile_program(graph, ALL, HARDWARE)


def test_the_core_runs_the_rest_and_the_report_says_it(sim_output: Path) -> None:
    package = with_wide_scores()
    request = RunRequest(layer=ALL, images=2)
    result = cosimulate(package, "wide-scores", request, HARDWARE, find_simulator("icarus"), sim_output)
    assert result.passed, result.reasons
    assert result.figures["left_to_the_host"] == ["scores", "shaped"]
    assert {layer["layer"] for layer in result.figures["layers"]} == {"(load)", "sums", "steps", "flat", "(store)"}
    assert "host     scores, shaped: results of more than X_W bits, not on the core" in run_table(result)
    assert result.figures["accuracy"] is None
