"""Random transformers: made from their seed alone, of every kind, golden's integers those of plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from oracle.counterpart import compute
from t2c.golden.arithmetic.rounding import Rounding
from t2c.golden.graph.node import Node
from t2c.golden.graph.package import Package, save_package
from t2c.tb.random_models.transformers import random_transformer

SEEDS = range(1, 13)
"""Of the random transformers that `make regress` runs by default."""
ARRAYS = ((8, 8), (8, 4), (16, 16))


def drawn() -> Iterator[Package]:
    return (random_transformer(seed, *ARRAYS[seed % len(ARRAYS)]) for seed in SEEDS)


def written(package: Package, folder: Path) -> bytes:
    save_package(package, folder)
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_they_follow_from_their_seed(tmp_path: Path) -> None:
    first, again, other = (written(random_transformer(seed), tmp_path / str(at)) for at, seed in enumerate((5, 5, 6)))
    assert first == again != other


def nodes(op: str) -> Iterator[tuple[Package, Node]]:
    return ((package, node) for package in drawn() for node in package.graph.nodes if node.op == op)


@pytest.mark.slow
def test_they_cover_what_a_transformer_can_be() -> None:
    ops = {node.op for package in drawn() for node in package.graph.nodes}
    assert ops == {
        *("conv2d", "linear", "matmul", "softmax", "pointwise", "layer_norm", "average_pool2d", "add", "add_constant"),
        *("concat_constant", "reshape", "transpose", "slice", "flatten"),
    }
    edges = [edge for package in drawn() for edge in package.graph.edges.values()]
    assert {edge.bits for edge in edges} == set(range(2, 9))
    assert {(edge.signed, edge.zero_point != 0) for edge in edges} == {
        (a, b) for a in (True, False) for b in (True, False)
    }
    stages = [node.stage for package in drawn() for node in package.graph.nodes if node.stage]
    assert {stage.rounding for stage in stages} == set(Rounding)
    scores = [package.graph.edges[node.output].shape for package, node in nodes("softmax")]
    assert {heads for heads, _, _ in scores} >= {1, 2, 3}
    assert min(tokens for _, tokens, _ in scores) <= 3 < 15 <= max(tokens for _, tokens, _ in scores)
    tables = [node.softmax for _, node in nodes("softmax")]  # type: ignore[attr-defined]
    assert {table.rounding for table in tables} == {Rounding.HALF_UP, Rounding.HALF_AWAY}
    assert min(table.depth for table in tables) <= 4 < 64 <= max(table.depth for table in tables)
    assert {node.first for _, node in nodes("concat_constant")} == {True, False}  # type: ignore[attr-defined]
    per_channel = {node.mulquant.channels > 1 for op in ("matmul", "layer_norm") for _, node in nodes(op)}  # type: ignore[attr-defined]
    assert per_channel == {True, False}
    epsilons = [node.norm.epsilon for _, node in nodes("layer_norm")]  # type: ignore[attr-defined]
    assert min(epsilons) < 1 << 8 < 1 << 24 < max(epsilons)


@pytest.mark.parametrize("seed", SEEDS)
def test_results_spread_over_their_range(seed: int) -> None:
    """What is the same everywhere would hide most faults."""
    package = random_transformer(seed, *ARRAYS[seed % len(ARRAYS)])
    for node, arguments, result in package.graph.steps(package.samples):
        stage = node.stage
        if stage is not None and stage.hi - stage.lo >= 15:
            most = min(len(np.unique(values)) for values in arguments)
            assert ((result == stage.lo) | (result == stage.hi)).mean() < 0.7, node.name
            assert len(np.unique(result)) > min(4, result.size // 4, most - 1), node.name


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_golden_equals_plain_python(seed: int) -> None:
    graph, samples = (package := random_transformer(seed)).graph, package.samples[:1]
    for node, arguments, output in graph.steps(samples):
        assert np.array_equal(output, compute(node, arguments, graph.inputs_of(node))), node.name
