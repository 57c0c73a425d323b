"""What the history of one branch says of the others."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from t2c.flows.metamodel import Metamodel


def described(variant: Metamodel) -> dict[str, Any]:
    """A metamodel in short, as plain JSON: the tasks that it passed, its design, the latest of each metric."""
    return {
        "passed": [step.task for step in variant.history],
        "design": dict(variant.design),
        "metrics": [asdict(metric) for metric in variant.latest().values()],
    }
