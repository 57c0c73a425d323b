"""VERIFY on a small pipeline: what is equal is verified, what is not is not, and its logs can be followed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from t2c.flows.flow_file import read_flow
from t2c.flows.metamodel import Step
from t2c.flows.tasks import verify
from t2c.pipelines.options import PipelineOptions
from t2c.pipelines.write import Pipeline
from tests.flows.flow_runs import run_here, store_of

pytestmark = pytest.mark.slow

FLOW = """
flow: small
model: jet_mlp
data: jets
width: 0.125
limit: 300
seed: 0
tasks:
  train: {task: TRAIN, epochs: 1, rate: 1e-2}
  bits: {task: CALIBRATE, weight_bits: 4, activation_bits: 4}
  convert: {task: CONVERT, scale_bits: 5}
  pipeline: {task: PIPELINE, digits: 3}
  verify: {task: VERIFY, images: 2, sim: icarus, netlist: false}
  end: {task: STOP}
"""


def verified(folder: Path) -> tuple[Step, dict[str, tuple[float, str]], Path]:
    """What VERIFY did, its metrics with their splits, and its folder."""
    path = folder / "small.yaml"
    path.write_text(FLOW)
    store = store_of(folder)
    (finalist,) = run_here(read_flow(path), store).finalists
    (step,) = (step for step in finalist.history if step.kind == "VERIFY")
    return step, {m.name: (m.value, m.split) for m in step.metrics}, store.path(finalist.files["verified"])


def test_what_is_equal_is_verified_and_its_log_names_files_that_are_there(tmp_path: Path) -> None:
    step, metrics, folder = verified(tmp_path)
    assert metrics["verified"] == (1.0, "")
    assert metrics["test_accuracy"][1] == "test"
    assert step.decision["golden_equals_torch"] >= step.decision["test_images"] * len(("fc1", "fc2", "fc3", "fc4")) > 0
    assert step.decision["compared"]["rtl"] > 0
    log = (folder / "rtl" / "rtl.txt").read_text()
    named = [Path(path) for path in re.findall(rf"{re.escape(str(tmp_path))}[^\s:,]*", log)]
    assert named
    assert [path for path in named if not path.exists()] == []


def test_a_pipeline_that_is_wrong_is_not_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bits of its last result are turned."""
    write: Callable[..., Pipeline] = verify.write

    def wrong(package: Path, options: PipelineOptions, folder: Path) -> Pipeline:
        made = write(package, options, folder)
        (last,) = folder.glob("*_s3_fc4.v")
        text = last.read_text()
        assert text.count("assign out_data = {") == 1
        last.write_text(text.replace("assign out_data = {", "assign out_data = ~{"))
        return made

    monkeypatch.setattr(verify, "write", wrong)
    step, metrics, _ = verified(tmp_path)
    assert metrics["verified"] == (0.0, "")
    assert step.decision["passed"] == {"rtl": False}
