"""Interval and latency that a plan states are those that the RTL has; its tensors are golden's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from t2c.pipelines.from_graph import chain_of
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.plan import plan_pipeline
from tests.pipelines.nets import package
from tests.pipelines.plain_bench import simulated

IMAGES = 8


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "seed", "options"),
    [
        ("mlp", 3, PipelineOptions()),
        ("mlp", 3, PipelineOptions(reuse=3, of_layer={"linear2": 2})),
        ("convolutions", 2, PipelineOptions()),
        ("convolutions", 2, PipelineOptions(reuse=18)),
        ("depthwise", 1, PipelineOptions(reuse=4)),
        ("residual", 4, PipelineOptions()),
        ("residual", 4, PipelineOptions(reuse=7)),
    ],
    ids=str,
)
def test_the_rtl_takes_the_cycles_that_the_plan_states(
    name: str, seed: int, options: PipelineOptions, tmp_path: Path
) -> None:
    made = package(name, seed)
    chain = chain_of(made.graph)
    images = np.concatenate([made.samples] * IMAGES)[:IMAGES]
    found, cycles = simulated(chain, images, options, tmp_path, stalls=False)
    assert (found == made.graph.run(images)[made.graph.output]).all()
    last = np.array(cycles).reshape(IMAGES, -1)[:, -1]
    times = plan_pipeline(chain, options).times
    assert last[0] + 1 == times.latency
    assert np.diff(last)[-3:].tolist() == [times.interval] * 3


def test_folding_trades_cycles_for_multipliers() -> None:
    """A dense layer of 6 products an output: 6, 3, 2 and 1 multipliers of each."""
    chain = chain_of(package("mlp", 3).graph)
    outputs = sum(len(stage.matrix) for stage in chain.stages)  # type: ignore[attr-defined]
    intervals, multipliers = [], []
    for reuse in (1, 2, 3, 4):
        plan = plan_pipeline(chain, PipelineOptions(reuse=reuse, digits=1))
        intervals.append(plan.times.interval)
        multipliers.append(sum(counts.get("product_multipliers", 0) for counts in plan.features.values()))
    assert intervals == [1, 2, 3, 4]
    assert multipliers[1] > multipliers[2] > multipliers[3]
    assert multipliers[1] <= sum((np.count_nonzero(s.matrix, axis=1) + 1).sum() // 2 for s in chain.stages)  # type: ignore[attr-defined]
    assert outputs <= 12
