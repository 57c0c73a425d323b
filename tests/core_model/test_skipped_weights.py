"""Layers with blocks of zeros on the model: golden's integers in fewer cycles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.golden.elements.columns import find_element
from t2c.golden.graph.package import Package, load_package
from t2c.golden.nodes.conv2d import Conv2d
from t2c.mapping.compiler import compile_program
from t2c.mapping.cycles import total_cycles
from t2c.tb.random_models.networks import random_layer, random_network
from tests.core_model.running import run_and_hold_to_golden
from tests.core_model.test_networks import narrowest
from tests.element_net import WIDTH, legal
from tests.random_layers import LayerShape, layer_package, random_shape
from tests.sparse_layers import CONV, LINEAR, blocks, dense, pruned, pruned_layer, with_weights

PATTERNS = {
    "first": (".xxx",) * 3,
    "middle": ("x..x",) * 3,
    "last": ("xxx.",) * 3,
    "alternating": ("x.x.",) * 3,
    "one column tile": ("xxxx", "..xx", "xxxx"),
    "whole filters": ("xxxx", "....", "xxxx"),
    "all": ("....",) * 3,
    "other ones in each": (".x.x", "x.x.", "xx.."),
}
HARDWARE = {
    "square": {"rows": 4, "cols": 4},
    "wide words": {"rows": 8, "cols": 2},
    "brought": {"rows": 4, "cols": 4, "wgt_depth": 40, "par_depth": 4},
    "strips": {"rows": 4, "cols": 4, "act_depth": 130},
    "few accumulators": {"rows": 4, "cols": 4, "acc_depth": 12},
}


@pytest.mark.sample(3)
@pytest.mark.parametrize("shape", [CONV, LINEAR], ids=["conv2d", "linear"])
@pytest.mark.parametrize("core", HARDWARE)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_blocks_of_zeros(pattern: str, core: str, shape: LayerShape) -> None:
    package, hardware = pruned_layer(shape, *PATTERNS[pattern]), Hardware(**HARDWARE[core])
    program, whole = (compile_program(each.graph, "layer", hardware) for each in (package, dense(package)))
    run_and_hold_to_golden(package, program)
    assert total_cycles(program) <= total_cycles(whole)
    if core != "wide words":
        assert total_cycles(program) < total_cycles(whole)


def element_layer(element: str) -> Package:
    """CONV with weights that an element holds, none of them in the middle of K."""
    held, rng, keep = find_element(element), np.random.default_rng(2), np.array([[True, False, False, True]])
    weight = legal(held, rng, CONV.out, CONV.channels, 3, 3, w_w=WIDTH.get(element, 8))
    (node,) = layer_package(CONV).graph.nodes
    assert isinstance(node, Conv2d)
    weight *= blocks(keep, weight.shape, (CONV.out, 4))
    node = replace(node, weight=weight, element=None if held.exact else element)
    package = layer_package(CONV)
    return replace(package, graph=replace(package.graph, nodes=(node,)))


@pytest.mark.parametrize("element", ["sp2", "two_of_four", "truncated", "adc_column"])
def test_other_elements(element: str) -> None:
    """Weights of 0 add nothing, whatever an element computes; a tile of one with four rows has fewer words."""
    package = element_layer(element)
    hardware = Hardware(rows=4, cols=4, element=element, w_w=WIDTH.get(element, 8))
    program = compile_program(package.graph, "layer", hardware)
    run_and_hold_to_golden(package, program)
    assert len(program.weights) == 54 * hardware.tile_words


def test_columns_of_several_kinds(examples: Path) -> None:
    """Filters lie in the lanes of their columns, and so do the channels that the next layer reads."""
    package = load_package(examples / "digits_msq")
    sparse = with_weights(package, lambda w: w * (np.arange(len(w)) < 8).reshape(-1, *[1] * (w.ndim - 1)))
    hardware = Hardware(rows=4, cols=4, w_w=4, element="mac:2,sp2:2")
    program, whole = (compile_program(each.graph, "all", hardware) for each in (sparse, package))
    run_and_hold_to_golden(sparse, program)
    assert total_cycles(program) < total_cycles(whole)


def core(rng: np.random.Generator) -> dict[str, int]:
    """Sizes of a random core, tiny memories among them."""
    cols = int(rng.integers(1, 6))
    rows = max(2, cols * int(rng.choice([1, 1, 2, 3])))
    return {
        "cols": cols,
        "rows": rows + rows % cols,
        "act_depth": int(rng.choice([1 << 13, rng.integers(100, 600)])),
        "wgt_depth": int(rng.choice([1 << 13, rng.integers(40, 500)])),
        "par_depth": int(rng.choice([1 << 8, rng.integers(8, 20)])),
        "acc_depth": 2 * int(rng.choice([500, rng.integers(4, 40)])),
    }


@pytest.mark.sample(3)
@pytest.mark.parametrize("seed", range(40))
def test_random_zeros_of_random_networks_on_random_cores(seed: int) -> None:
    """Golden's integers, and never more cycles or weight rows than with the zeros."""
    rng = np.random.default_rng((3, seed))
    wide = replace(random_shape(seed), channels=int(rng.integers(8, 40)), out=int(rng.integers(4, 24)), groups=1)
    whole = dense((layer_package(wide, seed=seed), random_network(seed), random_layer(seed))[seed % 3])
    hardware, batch = narrowest(whole, **core(rng)), int(rng.choice([1, 1, 2]))
    keep = rng.random((256, 256)) >= rng.choice([0.3, 0.6, 1])
    sparse = pruned(whole, keep, (hardware.rows, hardware.rows))
    try:
        before = compile_program(whole.graph, "all", hardware, batch=batch)
    except NotImplementedError as refusal:
        assert str(refusal).startswith("layer '")  # noqa: PT017
        return
    program = compile_program(sparse.graph, "all", hardware, batch=batch)
    run_and_hold_to_golden(sparse, program)
    assert total_cycles(program) <= total_cycles(before)
    assert len(program.weights) <= len(before.weights) or not len(before.weights)
