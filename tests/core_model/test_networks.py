"""The model against golden on every example and on random networks, cores and widths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.contract.hardware import Hardware
from t2c.core_model.visits import visits_of
from t2c.golden.graph.node import WeightedNode
from t2c.golden.graph.package import Package, load_package
from t2c.mapping.compiler import compile_program
from t2c.tb.random_models.networks import random_layer, random_network
from tests.core_model.running import ModelRun, run_and_hold_to_golden
from tests.core_net import core_package

EXAMPLES = ("digits_w8a8", "digits_w4a4", "digits_apot", "digits_msq", "digits_sp2", "resnet20", "mobilenet_v1")


def narrowest(package: Package, **sizes: Any) -> Hardware:
    """A core whose operands have no bit more than the network needs."""
    graph = package.graph
    x_w = max(edge.bits for edge in graph.edges.values())
    w_w = max([2, *(node.weight_bits for node in graph.nodes if isinstance(node, WeightedNode))])
    return Hardware(x_w=x_w, w_w=w_w, scale_w=graph.widths.scale, bias_w=graph.widths.bias, **sizes)


@pytest.mark.sample(3)
@pytest.mark.parametrize("size", [(8, 8), (16, 4)], ids=str)
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example(name: str, size: tuple[int, int], examples: Path) -> None:
    package = load_package(examples / name)
    hardware = narrowest(package, rows=size[0], cols=size[1])
    run_and_hold_to_golden(package, compile_program(package.graph, "all", hardware))


@pytest.mark.parametrize("seed", range(20))
def test_a_random_network_on_a_random_core(seed: int) -> None:
    """Whatever compiles gives golden's words; what does not fit is refused by the compiler, not by the model."""
    rng = np.random.default_rng(seed)
    package = random_network(seed) if seed % 2 else random_layer(seed)
    cols = int(rng.integers(1, 6))
    sizes: dict[str, int] = {"cols": cols, "rows": max(2, cols * int(rng.integers(1, 4)))}
    sizes["rows"] += sizes["rows"] % cols
    sizes |= {"act_depth": int(rng.choice([1 << 12, int(rng.integers(60, 400))]))}
    sizes |= {"wgt_depth": int(rng.choice([1 << 12, int(rng.integers(60, 400))]))}
    sizes |= {
        "par_depth": int(rng.choice([1 << 8, int(rng.integers(8, 20))])),
        "acc_depth": 2 * int(rng.integers(1, 40)),
    }
    try:
        program = compile_program(package.graph, "all", narrowest(package, **sizes))
    except NotImplementedError as refusal:
        assert str(refusal).startswith("layer '")  # noqa: PT017
        return
    run_and_hold_to_golden(package, program)


def follow(run: ModelRun, number: int, word: int) -> np.ndarray:
    """Sums of one result word from its visits: what each row reads, times what each row holds."""
    record, memories = run.records[number], run.model.memories
    d, hardware = record.descriptor, run.model.hardware
    total: dict[int, np.ndarray] = {}
    for visit in visits_of(d, hardware, word):
        weights = memories.weights.words[visit.weight_row : visit.weight_row + hardware.rows].astype(np.int64)
        operands = [
            0 if read.address is None else int(memories.activations.words[read.address, row]) - d.x_zero_point
            for row, read in enumerate(visit.rows)
        ]
        pixel = (visit.image * d.out_h + visit.oy) * d.out_w + visit.ox
        total[pixel] = total.get(pixel, 0) + operands @ weights
    return np.array([total[pixel] for pixel in sorted(total)])


def test_visits_are_what_the_engine_sums() -> None:
    """The walk of one result, which localisation follows, against the sums of all of them."""
    package = core_package()
    hardware = Hardware(rows=4, cols=2, acc_depth=22)
    program = compile_program(package.graph, "stem", hardware)
    run = run_and_hold_to_golden(package, program)
    (number,) = (index for index, step in enumerate(program.steps) if step.work is not None)
    record = run.records[number]
    assert record.sums is not None
    d = record.descriptor
    for word in range(d.col_tiles * d.pixels):
        tile, pixel = divmod(word, d.pixels)
        assert (follow(run, number, word) == record.sums[tile, pixel]).all(), word


@pytest.mark.parametrize(("name", "bit"), [("weights", 6), ("params", 40)])
def test_a_constant_that_was_spoilt_is_seen(name: str, bit: int, examples: Path) -> None:
    """The control of the tests above: one bit of one word, and a tensor differs from golden's."""
    package = load_package(examples / "digits_w4a4")
    program = compile_program(package.graph, "all", Hardware())
    words = getattr(program, name).copy()
    words[len(words) // 2, 0] ^= words.dtype.type(1 << bit)
    with pytest.raises(AssertionError):
        run_and_hold_to_golden(package, replace(program, **{name: words}))
