"""One trial of a search: the tasks of its body, one after the other, with some of their parameters set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from t2c.flows.bench import Workshop
from t2c.flows.engine import run_flow
from t2c.flows.errors import FlowError
from t2c.flows.flow_builder import build_body
from t2c.flows.graph import NodeSpec
from t2c.flows.metamodel import Metamodel
from t2c.flows.trials import Place
from t2c.flows.workers import Inline

FUNCTION = "t2c.flows.searching:run_body"


def run_body(payload: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """Run a body; trials inside it run in this process.

    Args:
        payload: search, the task's name; body, its tasks; settings; given, the metamodel that came.
        place: of the trial.

    Raises:
        FlowError: a task fails; the message names it.
    """
    given = Metamodel.from_json(payload["given"])
    body = build_body(
        [NodeSpec.from_json(spec) for spec in payload["body"]],
        name=payload["search"],
        path="",
        home=place.home,
        subject=given.subject,
        settings=payload["settings"],
    )
    shop = Workshop(store=place.store, workers=Inline(), home=place.home, progress=lambda text: None)
    done = run_flow(body, given, shop)
    if len(done.finalists) != 1:
        raise FlowError(f"the body ends with {len(done.finalists)} variants, and a search needs one")
    return {"metamodel": done.finalists[0].to_json(), "entries": list(done.entries)}
