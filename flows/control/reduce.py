"""REDUCE: of all branches that come, the best one goes on."""

from __future__ import annotations

from collections.abc import Sequence

from t2c.flows.control_task import CONTROLS, Merging
from t2c.flows.expressions import Expression
from t2c.flows.metamodel import Metamodel, Step
from t2c.flows.parameters import Parameter
from t2c.flows.variants import described


@CONTROLS("REDUCE")
class Reduce(Merging):
    """{task: REDUCE, best: EXPRESSION}: the largest wins, the first of the fork among equals."""

    best: Expression
    parameters = {"best": Parameter(Expression, meaning="the branch for which it is largest goes on")}

    def merged(self, name: str, kind: str, arrivals: Sequence[Metamodel]) -> list[tuple[int, Metamodel]]:
        """The best one; its history keeps what the others came to."""
        scores = [self.best.value(arrival) for arrival in arrivals]
        best = scores.index(max(scores))
        step = Step(
            task=name,
            kind=kind,
            decision={"branch": best, "of": len(arrivals), "best": scores[best]},
            trials=tuple(
                {"best": score, **described(arrival)} for score, arrival in zip(scores, arrivals, strict=True)
            ),
        )
        return [(best, arrivals[best].done(step))]
