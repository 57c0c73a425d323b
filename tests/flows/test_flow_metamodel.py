"""The metamodel: what it keeps, that it comes back from JSON as it was, and that its digest misses nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from t2c.flows.errors import FlowError
from t2c.flows.metamodel import Metamodel, Metric, Step

METRIC = Metric(name="accuracy", value=0.5, split="validation", task="train")
MODEL = Metamodel(
    subject={"model": "jet_mlp", "seed": 0},
    design={"bits": [8, 4]},
    files={"weights": "runs/train-1/weights.pt"},
    metrics=(METRIC,),
    history=(Step(task="train", kind="TRAIN", decision={"epochs": 3}, trials=({"loss": 0.1},), metrics=(METRIC,)),),
)


def test_it_comes_back_from_json_as_it_was() -> None:
    again = Metamodel.from_json(json.loads(json.dumps(MODEL.to_json())))
    assert again == MODEL
    assert again.digest() == MODEL.digest()


@pytest.mark.parametrize(
    "change",
    [
        {"subject": {"model": "jet_mlp", "seed": 1}},
        {"design": {"bits": [8, 8]}},
        {"files": {}},
        {"metrics": (METRIC, METRIC)},
        {"metrics": (replace(METRIC, split="train"),)},
        {"history": ()},
    ],
)
def test_whatever_differs_changes_the_digest(change: dict[str, Any]) -> None:
    assert replace(MODEL, **change).digest() != MODEL.digest()


def test_put_gives_a_new_one_and_leaves_the_old(tmp_path: Path) -> None:
    made = MODEL.put(design={"rate": np.float32(0.5)}, files={"package": tmp_path}, without=("weights", "rtl"))
    assert (made.design, made.files) == ({"bits": [8, 4], "rate": 0.5}, {"package": str(tmp_path)})
    assert type(made.design["rate"]) is float
    assert MODEL.files == {"weights": "runs/train-1/weights.pt"}


@pytest.mark.parametrize("value", [{1: 2}, float("nan"), float("inf"), object(), np.zeros(2), {"a": {3}}, b"a"])
def test_a_design_is_plain_json(value: object) -> None:
    with pytest.raises(FlowError, match=r"^design\.x"):
        MODEL.put(design={"x": value})
