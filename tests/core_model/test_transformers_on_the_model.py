"""Transformers on the model of the core: the one that ships, random ones, and those that are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.errors import UnsupportedError
from t2c.golden.graph.package import load_package
from t2c.mapping.compiler import compile_program
from t2c.tb.random_models.refused_transformers import refused_transformers
from t2c.tb.random_models.transformers import random_transformer
from tests.core_model.running import run_and_hold_to_golden

CORES = tuple(
    Hardware(rows=rows, cols=cols, row_lanes=lanes)
    for rows, cols, lanes in ((8, 8, 2), (8, 4, 4), (16, 16, 4), (4, 4, 1), (8, 2, 1))
)


def core_name(core: Hardware) -> str:
    return f"{core.rows}x{core.cols}"


@pytest.mark.parametrize("core", CORES, ids=core_name)
def test_the_small_vit(core: Hardware, examples: Path) -> None:
    package = load_package(examples / "vit2")
    run_and_hold_to_golden(package, compile_program(package.graph, "all", core))


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 26))
def test_a_random_transformer(seed: int) -> None:
    """All of them run: what is drawn is what the core has, and a refusal is a failure."""
    core = CORES[seed % len(CORES)]
    package = random_transformer(seed, core.rows, core.cols)
    run_and_hold_to_golden(package, compile_program(package.graph, "all", core))


@pytest.mark.sample(3)
@pytest.mark.parametrize("core", CORES, ids=core_name)
def test_what_the_core_does_not_run_is_refused_by_name(core: Hardware) -> None:
    refused = [*refused_transformers(1, core), *refused_transformers(2, core)]
    assert len(refused) >= 10
    for each in refused:
        with pytest.raises(UnsupportedError, match=each.message):
            compile_program(each.package.graph, "all", core)


@pytest.mark.parametrize(("lanes", "seed"), [(0, 1), (0, 4)])
def test_without_a_row_engine_they_are_refused_by_name(lanes: int, seed: int) -> None:
    core = replace(CORES[0], row_lanes=lanes)
    package = random_transformer(seed, core.rows, core.cols)
    with pytest.raises(UnsupportedError, match=r"layer '(layer_norm|softmax)\d+': .*ROW_LANES"):
        compile_program(package.graph, "all", core)
