"""Variants of a network, without training, and what their pipelines take: what an estimator is fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.cost.pipelines.netlist import pipeline_design
from t2c.example_models.settings import repeatable
from t2c.flows.conversion import chip_of, coarse_constants
from t2c.flows.pipeline_of import PIPELINE, pipeline_options, quantities, write
from t2c.flows.synthesis import cost_of, counted
from t2c.flows.training import float_model, searched_on
from t2c.flows.trials import Place
from t2c.golden.graph.package import load_package
from t2c.methods import find_method
from t2c.trainers import PTQ


def synthesised_variant(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """A trial: prune by magnitude, calibrate, convert, generate, synthesise.

    Returns:
        quantities: of the pipeline; counts: of its synthesis.
    """
    subject, bits = payload["subject"], payload["bits"]
    model = float_model(subject, payload["design"], place.path(payload["weights"]))
    data = searched_on(subject)
    sparsity = payload["sparsity"]
    pruning = {"pruner": "magnitude", "sparsity": sparsity, "dense": []} if sparsity else {}
    with repeatable(subject["seed"]):
        fuser = find_method("minmax").fuser(bits, bits, first_last_bits=None)
        qnet = PTQ(model, data, fuser=fuser, seed=subject["seed"], **pruning).fit()
    package = place.folder / "package"
    with coarse_constants():
        few = data.calibration.head(2)
        chip_of(qnet, "variant", payload["scale_bits"]).nn2chip(few.images, few.labels, directory=package)
    options = pipeline_options(payload["pipeline"])
    made = write(package, options, place.folder / PIPELINE)
    cost = cost_of(pipeline_design(made), payload["family"], place)
    return {"quantities": quantities(load_package(package).graph, options), "counts": counted(cost)}
