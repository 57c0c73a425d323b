"""The pipeline of a flow's package: the options of a design, its folder, what it takes of each quantity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from t2c.golden.graph.graph import Graph
from t2c.golden.graph.package import load_package
from t2c.pipelines.from_graph import chain_of
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.plan import PipelinePlan, plan_pipeline
from t2c.pipelines.write import Pipeline, write_pipeline

PIPELINE = "pipeline"
"""Folder of a task, and the thing that it is."""
MULTIPLIERS = "_multipliers"
"""At the end of names of quantities: products that are written as such."""


def pipeline_options(design: Mapping[str, Any]) -> PipelineOptions:
    """The options that a design has chosen."""
    return PipelineOptions(reuse=design.get("reuse", 1), digits=design.get("digits", 2))


def quantities(graph: Graph, options: PipelineOptions) -> dict[str, int]:
    """What a pipeline takes of each quantity, all stages together; none is written."""
    return _total(plan_pipeline(chain_of(graph), options))


def write(package: Path, options: PipelineOptions, folder: Path) -> Pipeline:
    """Write the pipeline of a package, with its description."""
    return write_pipeline(load_package(package).graph, options, folder, package)


def multipliers(pipeline: Pipeline) -> int:
    """Products that are written as such."""
    return sum(count for name, count in _total(pipeline.plan).items() if name.endswith(MULTIPLIERS))


def _total(plan: PipelinePlan) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counts in plan.features.values():
        total.update(counts)
    return dict(sorted(total.items()))
