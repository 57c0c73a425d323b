"""What a flow came to: result.json, and a table for the one who called it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from t2c.common.atomic import write_atomic
from t2c.common.text_table import aligned
from t2c.flows.engine import Finished
from t2c.flows.graph import Flow
from t2c.flows.metamodel import Metamodel, Metric
from t2c.flows.store import FlowStore

RESULT = "result.json"
VERIFIED = "verified"
"""Metric of a task that compares: 1, or something was not equal."""
HEADINGS = ("task", "kind", "decision", "metrics")
_LONGEST = 100
"""Characters of a cell."""


def write_result(flow: Flow, finished: Finished, store: FlowStore) -> Path:
    """Write all of it, and return where.

    `flow` and `finalists` depend on the yaml and the sources alone. `seconds` are apart: of each run over all attempts,
    interrupted ones too, and of its trials, which several workers may have run at once.
    """
    runs = [_run(entry, store) for entry in finished.entries]
    result = {
        "flow": flow.to_json(),
        "finalists": [finalist.to_json() for finalist in finished.finalists],
        "seconds": {"total": round(sum(run["seconds"] for run in runs), 3), "runs": runs},
    }
    path = store.folder / RESULT
    write_atomic(path, json.dumps(result, indent=1, allow_nan=False) + "\n")
    return path


def _run(entry: str, store: FlowStore) -> dict[str, Any]:
    trials = store.result(entry).get("trials", [])
    return {
        "task": Path(entry).name.rpartition("-")[0],
        "entry": entry,
        "seconds": store.seconds(entry),
        "trials": len(trials),
        "trial_seconds": round(sum(map(store.seconds, dict.fromkeys(trials))), 3),
    }


def table(finished: Finished) -> str:
    """What each task decided and measured, with the split of each number; a block a finalist."""
    blocks = []
    for index, finalist in enumerate(finished.finalists):
        heading = [f"variant {index + 1} of {len(finished.finalists)}"] if len(finished.finalists) > 1 else []
        blocks.append("\n".join([*heading, *aligned([HEADINGS, *_rows(finalist)])]))
    return "\n\n".join(blocks)


def _rows(finalist: Metamodel) -> Iterator[tuple[str, ...]]:
    for step in finalist.history:
        metrics = ", ".join(map(_metric, step.metrics))
        yield (step.task, step.kind, _cut(_decision(step.decision)), metrics)


def _decision(decision: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_short(value)}" for name, value in decision.items())


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return f"({_decision(value)})"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    return str(value)


def _metric(metric: Metric) -> str:
    return f"{metric.name} {metric.value:.6g}" + (f" ({metric.split})" if metric.split else "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def is_verified(finished: Finished) -> bool:
    """Whether nothing that was compared differs in any finalist."""
    metrics = [finalist.latest().get(VERIFIED) for finalist in finished.finalists]
    return all(metric is None or metric.value == 1 for metric in metrics)
