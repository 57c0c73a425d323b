"""Chains that no package holds, on the RTL, beside their evaluator: wide numbers, every rounding, extreme constants."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from t2c.golden.arithmetic.rounding import Rounding
from t2c.pipelines.chain import Chain, ChainEdge, ChainQuant, linear_stage
from t2c.pipelines.evaluate import evaluate
from t2c.pipelines.options import PipelineOptions
from tests.pipelines.plain_bench import simulated

pytestmark = pytest.mark.slow


def requant_chain(rounding: Rounding, zero_point: int, rng: np.random.Generator, channels: int = 40) -> Chain:
    """One input of 8 bits; each output is it times 1, 3 or -5, with its own constants, ties and limits among them."""
    shift = rng.integers(0, 9, channels)
    shift[: channels // 8] = rng.integers(30, 40, channels // 8)
    factor = rng.integers(-40, 41, channels)
    factor[: channels // 8] = rng.integers(-(1 << 31), 1 << 31, channels // 8)
    factor[1::4] = 1 << rng.integers(0, 7, len(factor[1::4]))
    half = 1 << np.maximum(shift - 1, 0)
    bias = rng.integers(-4, 5, channels) * half
    low, high = rng.integers(-100, 1, channels), rng.integers(0, 101, channels)
    low[::3], high[::3] = -128, 127
    requant = ChainQuant(
        multiplier=tuple(map(int, factor)),
        bias=tuple(map(int, bias)),
        shift=tuple(map(int, shift)),
        lo=tuple(map(int, low)),
        hi=tuple(map(int, high)),
        rounding=rounding,
        zero_point=zero_point,
    )
    weight = rng.choice([1, 3, -5], (channels, 1))
    edges = {
        "input": ChainEdge(name="input", shape=(1,), bits=8, signed=True, zero_point=3),
        "out": ChainEdge(name="out", shape=(channels,), bits=8, signed=True),
    }
    return Chain(name="requant", edges=edges, stages=(linear_stage("fc", "input", "out", weight, requant),))


@pytest.mark.sample(3)
@pytest.mark.parametrize("rounding", list(Rounding))
@pytest.mark.parametrize("zero_point", [0, 5, -6])
def test_every_input_through_many_constants(rounding: Rounding, zero_point: int, tmp_path: Path) -> None:
    chain = requant_chain(rounding, zero_point, np.random.default_rng(zero_point + 10))
    images = np.arange(-128, 128).reshape(-1, 1)
    found, _ = simulated(chain, images, PipelineOptions(every=3), tmp_path, stalls=False)
    assert (found == evaluate(chain, images)["out"]).all()


def wide_mlp(bits: int, rng: np.random.Generator) -> Chain:
    """Three layers of weights and activations of so many bits."""
    widths = (6, 8, 7, 3)
    edges = {"e0": ChainEdge(name="e0", shape=(6,), bits=bits, signed=True)}
    stages = []
    for number, (before, behind) in enumerate(itertools.pairwise(widths)):
        last = number == len(widths) - 2
        edge = ChainEdge(name=f"e{number + 1}", shape=(behind,), bits=bits, signed=last)
        edges[edge.name] = edge
        weight = rng.integers(-(1 << bits - 1), 1 << bits - 1, (behind, before))
        weight[rng.random(weight.shape) < 0.2] = 0
        requant = ChainQuant(
            multiplier=tuple(map(int, rng.integers(1 << 14, 1 << 15, behind))),
            bias=tuple(map(int, rng.integers(-(1 << 40), 1 << 40, behind))),
            shift=(bits + 14,) * behind,
            lo=(edge.lo,),
            hi=(edge.hi,),
        )
        stages.append(linear_stage(f"fc{number}", f"e{number}", edge.name, weight, requant))
    return Chain(name="wide", edges=edges, stages=tuple(stages))


@pytest.mark.parametrize(("bits", "reuse", "every"), [(16, 1, 2), (16, 3, 1), (21, 1, 4)])
def test_numbers_wider_than_those_of_packages(bits: int, reuse: int, every: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(bits + reuse)
    chain = wide_mlp(bits, rng)
    images = rng.integers(chain.input.lo, chain.input.hi + 1, (20, 6))
    images[0], images[1] = chain.input.lo, chain.input.hi
    found, _ = simulated(chain, images, PipelineOptions(reuse=reuse, every=every), tmp_path, stalls=True)
    expected = evaluate(chain, images)["e3"]
    assert len(np.unique(expected)) > 20
    assert (found == expected).all()
